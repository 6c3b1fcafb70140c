"""What LinkedIn remembers: its own tables in the sandbox's one file."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS li_members (
  id TEXT PRIMARY KEY, vanity TEXT NOT NULL COLLATE NOCASE UNIQUE, first TEXT NOT NULL, last TEXT NOT NULL, headline TEXT NOT NULL,
  email TEXT NOT NULL, country TEXT NOT NULL, language TEXT NOT NULL, place TEXT NOT NULL, positions TEXT NOT NULL,
  educations TEXT NOT NULL, gone INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS li_organizations (
  id INTEGER PRIMARY KEY, vanity TEXT NOT NULL COLLATE NOCASE UNIQUE, name TEXT NOT NULL, website TEXT NOT NULL, followers INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS li_roles (
  member TEXT NOT NULL, organization INTEGER NOT NULL, role TEXT NOT NULL, state TEXT NOT NULL, PRIMARY KEY (member, organization, role)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS li_connections (member TEXT NOT NULL, other TEXT NOT NULL, PRIMARY KEY (member, other)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS li_followers (
  organization INTEGER NOT NULL, member TEXT NOT NULL, PRIMARY KEY (organization, member)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS li_posts (
  id INTEGER PRIMARY KEY, activity INTEGER NOT NULL UNIQUE, kind TEXT NOT NULL, author TEXT NOT NULL, commentary TEXT NOT NULL,
  visibility TEXT NOT NULL, content TEXT NOT NULL, parent INTEGER, reshare_off INTEGER NOT NULL, closed INTEGER NOT NULL DEFAULT 0,
  edited INTEGER NOT NULL DEFAULT 0, created_ms INTEGER NOT NULL, changed_ms INTEGER NOT NULL, deleted_ms INTEGER
);
CREATE INDEX IF NOT EXISTS li_posts_author ON li_posts (author, changed_ms);
CREATE TABLE IF NOT EXISTS li_comments (
  id INTEGER PRIMARY KEY, post INTEGER NOT NULL, parent INTEGER, actor TEXT NOT NULL, text TEXT NOT NULL, created_ms INTEGER NOT NULL,
  changed_ms INTEGER NOT NULL, deleted_ms INTEGER
);
CREATE TABLE IF NOT EXISTS li_attachments (comment INTEGER PRIMARY KEY, content TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS li_comments_post ON li_comments (post, id);
CREATE INDEX IF NOT EXISTS li_comments_actor ON li_comments (actor, created_ms);
CREATE TABLE IF NOT EXISTS li_reactions (
  entity TEXT NOT NULL, actor TEXT NOT NULL, kind TEXT NOT NULL, created_ms INTEGER NOT NULL, PRIMARY KEY (entity, actor)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS li_notifications (
  id INTEGER PRIMARY KEY, organization INTEGER NOT NULL, action TEXT NOT NULL, post INTEGER NOT NULL, generated TEXT NOT NULL,
  decorated TEXT NOT NULL, at_ms INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS li_notifications_organization ON li_notifications (organization, at_ms);
CREATE TABLE IF NOT EXISTS li_subscriptions (
  client_id TEXT NOT NULL, member TEXT NOT NULL, organization INTEGER NOT NULL, url TEXT NOT NULL, challenged_ms INTEGER NOT NULL,
  failures INTEGER NOT NULL, last_id INTEGER NOT NULL, PRIMARY KEY (client_id, member, organization)
);
CREATE TABLE IF NOT EXISTS li_codes (
  code TEXT PRIMARY KEY, client_id TEXT NOT NULL, member TEXT NOT NULL, redirect_uri TEXT NOT NULL, scope TEXT NOT NULL,
  expires_ms INTEGER NOT NULL, used INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS li_tokens (
  token TEXT PRIMARY KEY, kind TEXT NOT NULL, chain TEXT NOT NULL, client_id TEXT NOT NULL, member TEXT NOT NULL, scope TEXT NOT NULL,
  made_ms INTEGER NOT NULL, expires_ms INTEGER NOT NULL, state TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS li_tokens_member ON li_tokens (member, client_id);
CREATE TABLE IF NOT EXISTS li_keys (id TEXT PRIMARY KEY, modulus TEXT NOT NULL, private TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS li_counts (
  day INTEGER NOT NULL, subject TEXT NOT NULL, bucket TEXT NOT NULL, used INTEGER NOT NULL, PRIMARY KEY (day, subject, bucket)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS li_limits (bucket TEXT PRIMARY KEY, per_member INTEGER NOT NULL, per_app INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS li_messages (
  id INTEGER PRIMARY KEY, sender TEXT NOT NULL, recipients TEXT NOT NULL, thread TEXT NOT NULL, subject TEXT NOT NULL, body TEXT NOT NULL,
  at_ms INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS li_invitations (
  id INTEGER PRIMARY KEY, inviter TEXT NOT NULL, invitee TEXT NOT NULL, text TEXT NOT NULL, at_ms INTEGER NOT NULL, state TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS li_images (
  id TEXT PRIMARY KEY, owner TEXT NOT NULL, status TEXT NOT NULL, mime TEXT NOT NULL, data BLOB, made_ms INTEGER NOT NULL
);
"""

TABLES_OF_THE_WORLD = tuple(
    f"li_{name}"
    for name in (
        "members organizations roles connections followers posts comments attachments reactions notifications subscriptions counts limits "
        "messages invitations images"
    ).split()
)
TABLES_OF_SIGN_IN = ("li_codes", "li_tokens")
