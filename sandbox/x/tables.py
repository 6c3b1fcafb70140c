"""What X remembers beside people and posts: likes, follows, private messages, pictures, webhooks."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS x_likes (person INTEGER NOT NULL, post INTEGER NOT NULL, at_ms INTEGER NOT NULL, PRIMARY KEY (person, post));
CREATE INDEX IF NOT EXISTS x_likes_post ON x_likes (post, at_ms);
CREATE TABLE IF NOT EXISTS x_follows (
  person INTEGER NOT NULL, followed INTEGER NOT NULL, at_ms INTEGER NOT NULL, PRIMARY KEY (person, followed)
);
CREATE INDEX IF NOT EXISTS x_follows_followed ON x_follows (followed, person);
CREATE TABLE IF NOT EXISTS x_closed (person INTEGER PRIMARY KEY);
CREATE TABLE IF NOT EXISTS x_hidden (post INTEGER PRIMARY KEY);
CREATE TABLE IF NOT EXISTS x_takers (conversation TEXT NOT NULL, person INTEGER NOT NULL, PRIMARY KEY (conversation, person));
CREATE INDEX IF NOT EXISTS x_takers_person ON x_takers (person, conversation);
CREATE TABLE IF NOT EXISTS x_messages (
  id INTEGER PRIMARY KEY, conversation TEXT NOT NULL, sender INTEGER NOT NULL, text TEXT NOT NULL, created_ms INTEGER NOT NULL,
  encrypted INTEGER NOT NULL, deleted_ms INTEGER
);
CREATE INDEX IF NOT EXISTS x_messages_conversation ON x_messages (conversation, id);
CREATE TABLE IF NOT EXISTS x_media (
  id INTEGER PRIMARY KEY, person INTEGER NOT NULL, category TEXT NOT NULL, size INTEGER NOT NULL, got INTEGER NOT NULL,
  ready INTEGER NOT NULL, expires_ms INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS x_attached (
  post INTEGER NOT NULL, place INTEGER NOT NULL, media INTEGER NOT NULL, alt TEXT NOT NULL, PRIMARY KEY (post, place)
);
CREATE TABLE IF NOT EXISTS x_webhooks (
  id INTEGER PRIMARY KEY, client_id TEXT NOT NULL, url TEXT NOT NULL, valid INTEGER NOT NULL, created_ms INTEGER NOT NULL,
  good_ms INTEGER NOT NULL, asked_ms INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS x_subscriptions (
  id INTEGER PRIMARY KEY, client_id TEXT NOT NULL, event_type TEXT NOT NULL, user_id INTEGER, keyword TEXT NOT NULL,
  direction TEXT NOT NULL, tag TEXT NOT NULL, webhook INTEGER NOT NULL, created_ms INTEGER NOT NULL
);
"""
TABLES = ("x_likes", "x_follows", "x_closed", "x_hidden", "x_takers", "x_messages", "x_media", "x_attached")
TABLES_OF_APPS = ("x_webhooks", "x_subscriptions")
