"""X's two spellings: tweet names and post names for the same fields, and the switch between them.

Requests are turned into tweet names at the door, answers into the spelling asked for at the exit; in between there is one.
"""

from typing import Any

TWEET, POST = "tweet", "post"

TWEET_FIELDS = frozenset(
    [
        "article",
        "attachments",
        "author_id",
        "card_uri",
        "community_id",
        "context_annotations",
        "conversation_id",
        "created_at",
        "display_text_range",
        "edit_controls",
        "edit_history_tweet_ids",
        "entities",
        "geo",
        "id",
        "in_reply_to_user_id",
        "lang",
        "media_metadata",
        "non_public_metrics",
        "note_tweet",
        "organic_metrics",
        "possibly_sensitive",
        "promoted_metrics",
        "public_metrics",
        "referenced_tweets",
        "reply_settings",
        "scopes",
        "source",
        "suggested_source_links",
        "suggested_source_links_with_counts",
        "text",
        "withheld",
    ]
)
TWEET_EXPANSIONS = frozenset(
    [
        "article.cover_media",
        "article.media_entities",
        "attachments.media_keys",
        "attachments.media_source_tweet",
        "attachments.poll_ids",
        "author_id",
        "edit_history_tweet_ids",
        "entities.mentions.username",
        "geo.place_id",
        "in_reply_to_user_id",
        "entities.note.mentions.username",
        "referenced_tweets.id",
        "referenced_tweets.id.attachments.media_keys",
        "referenced_tweets.id.author_id",
    ]
)
TWEET_USER_FIELDS = frozenset(
    [
        "affiliation",
        "confirmed_email",
        "connection_status",
        "created_at",
        "description",
        "entities",
        "id",
        "is_identity_verified",
        "location",
        "most_recent_tweet_id",
        "name",
        "parody",
        "pinned_tweet_id",
        "profile_banner_url",
        "profile_image_url",
        "protected",
        "public_metrics",
        "receives_your_dm",
        "subscription",
        "subscription_type",
        "url",
        "username",
        "verified",
        "verified_followers_count",
        "verified_type",
        "withheld",
    ]
)
TWEET_USER_EXPANSIONS = frozenset(("affiliation.user_id", "most_recent_tweet_id", "pinned_tweet_id"))

# In post names these three are expansions; the contract has clients name them as fields too, so naming them is no error.
ONLY_EXPANSIONS = frozenset(("author_id", "in_reply_to_user_id", "referenced_posts"))
POST_FIELDS = ONLY_EXPANSIONS | frozenset(
    [
        "article",
        "article_title",
        "attachments",
        "card_uri",
        "community_id",
        "context_annotations",
        "conversation_id",
        "created_at",
        "display_text_range",
        "edit_controls",
        "edit_history_post_ids",
        "entities",
        "geo",
        "id",
        "lang",
        "matched_media_notes",
        "media_metadata",
        "non_public_metrics",
        "note_post",
        "note_request_suggestions",
        "organic_metrics",
        "paid_partnership",
        "possibly_sensitive",
        "promoted_metrics",
        "public_metrics",
        "reply_settings",
        "scopes",
        "source",
        "suggested_source_links",
        "suggested_source_links_with_counts",
        "text",
        "withheld",
    ]
)
POST_EXPANSIONS = frozenset(
    [
        "article.cover_media",
        "article.media_entities",
        "attachments.media_keys",
        "attachments.media_source_tweet",
        "attachments.poll_ids",
        "author_id",
        "edit_history_post_ids",
        "entities.mentions.username",
        "geo.place_id",
        "in_reply_to_user_id",
        "referenced_posts",
        "username",
    ]
)
POST_USER_FIELDS = frozenset(
    [
        "confirmed_email",
        "connection_status",
        "created_at",
        "description",
        "entities",
        "id",
        "is_identity_verified",
        "location",
        "name",
        "parody",
        "profile_banner_url",
        "profile_image_url",
        "protected",
        "public_metrics",
        "receives_your_dm",
        "subscribes_to_you",
        "subscription",
        "subscription_type",
        "url",
        "username",
        "verified",
        "verified_followers_count",
        "verified_type",
        "withheld",
    ]
)
POST_USER_EXPANSIONS = frozenset(("affiliation", "most_recent_post_id", "pinned_post_id"))

TO_POST = {
    "referenced_tweets": "referenced_posts",
    "edit_history_tweet_ids": "edit_history_post_ids",
    "note_tweet": "note_post",
    "retweet_count": "repost_count",
    "tweet_count": "post_count",
    "pinned_tweet_id": "pinned_post_id",
    "most_recent_tweet_id": "most_recent_post_id",
    "tweets": "posts",
}
TO_TWEET = {new: old for old, new in TO_POST.items()} | {"affiliation": "affiliation.user_id"}
# One post name asks for what needs two expansions in tweet names.
REFERENCED = frozenset(("referenced_tweets.id", "referenced_tweets.id.author_id"))


def spelling_of(params: dict[str, str]) -> str:
    """The spelling a request uses; tweet when it uses neither."""
    only_post = (POST_EXPANSIONS - TWEET_EXPANSIONS) | (POST_USER_EXPANSIONS - TWEET_USER_EXPANSIONS)
    if "tweet.fields" in params:
        return TWEET
    if "post.fields" in params or only_post & set(params.get("expansions", "").split(",")):
        return POST
    return TWEET


def to_tweet_fields(names: set[str]) -> set[str]:
    """Fields asked for in post names, as tweet names; what is only an expansion there is no field."""
    return {TO_TWEET.get(name, name) for name in names - ONLY_EXPANSIONS}


def to_tweet_expansions(names: set[str]) -> set[str]:
    """Expansions asked for in post names, as tweet names."""
    plain = {TO_TWEET.get(name, name) for name in names - {"referenced_posts"}}
    return plain | REFERENCED if "referenced_posts" in names else plain


def in_post_names(body: Any) -> Any:
    """An answer in tweet names, told in post names; only keys change, never what people wrote."""
    if isinstance(body, dict):
        return {TO_POST.get(key, key): in_post_names(value) for key, value in body.items()}
    if isinstance(body, list):
        return [in_post_names(value) for value in body]
    return body
