"""Facebook as its public documents describe it: Graph API v25.0 for pages, Messenger, sign-in, webhooks."""
