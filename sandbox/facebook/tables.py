"""What Facebook keeps, in tables of its own."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS fb_apps (
  id TEXT PRIMARY KEY, secret TEXT NOT NULL, name TEXT NOT NULL, redirect_uris TEXT NOT NULL, configs TEXT NOT NULL,
  needs_proof INTEGER NOT NULL, deauthorize_url TEXT NOT NULL, deletion_url TEXT NOT NULL, place INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS fb_hooks (
  app TEXT NOT NULL, object TEXT NOT NULL, url TEXT NOT NULL, fields TEXT NOT NULL, since_ms INTEGER NOT NULL,
  PRIMARY KEY (app, object)
);
CREATE TABLE IF NOT EXISTS fb_people (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL, first_name TEXT NOT NULL, last_name TEXT NOT NULL, email TEXT NOT NULL,
  app_role INTEGER NOT NULL, unavailable INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS fb_pages (
  id INTEGER PRIMARY KEY, place INTEGER NOT NULL, name TEXT NOT NULL, username TEXT NOT NULL COLLATE NOCASE UNIQUE,
  category TEXT NOT NULL, about TEXT NOT NULL, city TEXT NOT NULL, fans INTEGER NOT NULL, followers INTEGER NOT NULL,
  engaged INTEGER NOT NULL, in_business INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS fb_roles (page INTEGER NOT NULL, person INTEGER NOT NULL, tasks TEXT NOT NULL, PRIMARY KEY (page, person));
CREATE TABLE IF NOT EXISTS fb_subscribed (app TEXT NOT NULL, page INTEGER NOT NULL, fields TEXT NOT NULL, PRIMARY KEY (app, page));
CREATE TABLE IF NOT EXISTS fb_grants (
  app TEXT NOT NULL, person INTEGER NOT NULL, permission TEXT NOT NULL, status TEXT NOT NULL, PRIMARY KEY (app, person, permission)
);
CREATE TABLE IF NOT EXISTS fb_granted_pages (
  app TEXT NOT NULL, person INTEGER NOT NULL, page INTEGER NOT NULL, PRIMARY KEY (app, person, page)
);
CREATE TABLE IF NOT EXISTS fb_codes (
  code TEXT PRIMARY KEY, app TEXT NOT NULL, person INTEGER NOT NULL, redirect_uri TEXT NOT NULL, expires_ms INTEGER NOT NULL,
  used INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS fb_tokens (
  token TEXT PRIMARY KEY, kind TEXT NOT NULL, app TEXT NOT NULL, person INTEGER, page INTEGER, long INTEGER NOT NULL,
  issued_ms INTEGER NOT NULL, expires_ms INTEGER, data_ends_ms INTEGER, dead TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS fb_tokens_person ON fb_tokens (person, page);
CREATE TABLE IF NOT EXISTS fb_posts (
  id INTEGER PRIMARY KEY, owner INTEGER NOT NULL, page INTEGER, person INTEGER, message TEXT NOT NULL, link TEXT NOT NULL,
  kind TEXT NOT NULL, photos TEXT NOT NULL, created_ms INTEGER NOT NULL, updated_ms INTEGER NOT NULL, shows_ms INTEGER,
  tagged INTEGER, hidden INTEGER NOT NULL, shares INTEGER NOT NULL, answered_privately INTEGER NOT NULL, deleted_ms INTEGER
);
CREATE INDEX IF NOT EXISTS fb_posts_owner ON fb_posts (owner, created_ms, id);
CREATE INDEX IF NOT EXISTS fb_posts_tagged ON fb_posts (tagged, created_ms, id);
CREATE TABLE IF NOT EXISTS fb_comments (
  id INTEGER PRIMARY KEY, post INTEGER NOT NULL, parent INTEGER, page INTEGER, person INTEGER, message TEXT NOT NULL,
  attachment TEXT NOT NULL, created_ms INTEGER NOT NULL, hidden INTEGER NOT NULL, answered_privately INTEGER NOT NULL, deleted_ms INTEGER
);
CREATE INDEX IF NOT EXISTS fb_comments_post ON fb_comments (post, created_ms, id);
CREATE INDEX IF NOT EXISTS fb_comments_parent ON fb_comments (parent, created_ms, id);
CREATE TABLE IF NOT EXISTS fb_reactions (
  id INTEGER PRIMARY KEY, of_comment INTEGER NOT NULL, object INTEGER NOT NULL, page INTEGER, person INTEGER, type TEXT NOT NULL,
  created_ms INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS fb_reactions_object ON fb_reactions (object, of_comment, created_ms, id);
CREATE TABLE IF NOT EXISTS fb_ratings (
  id INTEGER PRIMARY KEY, page INTEGER NOT NULL, person INTEGER NOT NULL, positive INTEGER NOT NULL, text TEXT NOT NULL,
  story INTEGER NOT NULL, created_ms INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS fb_threads (
  id INTEGER PRIMARY KEY, page INTEGER NOT NULL, person INTEGER NOT NULL, updated_ms INTEGER NOT NULL, unread INTEGER NOT NULL,
  wrote_ms INTEGER, UNIQUE (page, person)
);
CREATE TABLE IF NOT EXISTS fb_messages (
  id INTEGER PRIMARY KEY, mid TEXT NOT NULL UNIQUE, thread INTEGER NOT NULL, by_page INTEGER NOT NULL, text TEXT NOT NULL,
  attachments TEXT NOT NULL, app TEXT NOT NULL, created_ms INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS fb_messages_thread ON fb_messages (thread, created_ms, id);
CREATE TABLE IF NOT EXISTS fb_photos (id INTEGER PRIMARY KEY, page INTEGER NOT NULL, url TEXT NOT NULL, size INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS fb_usage (
  subject TEXT NOT NULL, minute INTEGER NOT NULL, calls REAL NOT NULL, cputime REAL NOT NULL, time REAL NOT NULL,
  PRIMARY KEY (subject, minute)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS fb_settings (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""

WORLD = (
    "fb_people",
    "fb_pages",
    "fb_roles",
    "fb_posts",
    "fb_comments",
    "fb_reactions",
    "fb_ratings",
    "fb_threads",
    "fb_messages",
    "fb_photos",
    "fb_usage",
    "fb_settings",
)
SIGN_IN = ("fb_grants", "fb_granted_pages", "fb_codes", "fb_tokens", "fb_subscribed")
