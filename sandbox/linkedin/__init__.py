"""LinkedIn's versioned REST and OpenID Connect as its public documents describe them, and what it offered before 2015."""
