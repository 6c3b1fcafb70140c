"""What each network lets an ordinary organisation do, from which access level on, and what works instead: one table (SOC-1).

The facts it stands for are those of September 2026; tests/contracts/test_networks.py holds it to them, line by line. Levels
change more often than anything else here: look at this table first when a network changes its terms.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from core.remote.abilities import ALWAYS, NEVER, Can, Instead, Offer
from core.remote.errors import Words
from core.remote.profiles import Profiles

REASONS: dict[str, Words] = {
    "x_no_latin": _("X finds people by Latin letters only. Enter the @user name or a Latin spelling."),
    "x_enterprise_like": _("X allows likes through other software only for enterprise customers. Open the post on X to like it."),
    "x_reply_summoned": _("X lets us reply only to people who mentioned or quoted this account. Open the post on X to reply."),
    "x_quote_enterprise": _("Quoting is open to enterprise customers only."),
    "x_dm_closed": _("This person does not take messages from this account."),
    "x_cost": _("Each call costs money at X; this page shows an estimate first."),
    "x_7_days": _("Search reaches back 7 days."),
    "x_encrypted": _("Encrypted chats are not visible here."),
    "fb_no_people_search": _(
        "Facebook has no people search for software. Paste the profile's address, or link a person who wrote to the page."
    ),
    "fb_basic_only": _("Facebook shows name and picture of people who wrote to the page; their own posts stay private."),
    "fb_window": _("Messages can be sent only within 24 hours of the person's last message (7 days for agents where Meta granted it)."),
    "fb_first_contact": _("A page cannot write first. Answer a comment privately, or send the m.me link."),
    "fb_review": _("Needs Meta's App Review (Advanced Access). Until then it works only for people with a role in the app."),
    "fb_no_keyword": _("Facebook has no keyword search; keywords are matched on what reaches the page."),
    "fb_ppca": _("Needs the feature Page Public Content Access."),
    "li_no_people_search": _("LinkedIn has no people search for software. Search on LinkedIn and paste the profile's address."),
    "li_no_member_data": _(
        "LinkedIn does not hand out other members' profile or posts. Type in what you want to keep; open the profile for the rest."
    ),
    "li_partner": _("Open to LinkedIn's contract partners only. The window on LinkedIn opens with your text copied."),
    "li_cm": _("Needs LinkedIn's Community Management API (application by a registered company)."),
    "li_paste_post": _("Paste the post's address to comment or like from here."),
    "li_day_limit": _("LinkedIn cannot be reached for now: its request limit is used up. It is counted anew at 00:00 UTC."),
}

# What an app may have at each network, and what each level includes beside itself. A legacy X contract has what the others pay for.
LEVELS: dict[str, dict[str, frozenset[str]]] = {
    "x": {
        "legacy_basic": frozenset({"pay_per_use"}),
        "pay_per_use": frozenset(),
        "enterprise": frozenset({"pay_per_use"}),
    },
    # Page Public Content Access and Human Agent are granted beside advanced access: "advanced,human_agent".
    "facebook": {
        "standard": frozenset(),
        "advanced": frozenset({"standard"}),
        "ppca": frozenset({"standard", "advanced"}),
        "human_agent": frozenset({"standard", "advanced"}),
    },
    "linkedin": {
        "self_serve": frozenset(),
        "cm_development": frozenset({"self_serve"}),
        "cm_standard": frozenset({"self_serve", "cm_development"}),
        "partner": frozenset({"self_serve", "cm_development", "cm_standard"}),
        "historic": frozenset({"self_serve"}),
    },
}

# What the networks and their contracts call the levels.
LEVEL_NAMES: dict[str, Words] = {
    "legacy_basic": _("Basic (an older contract)"),
    "pay_per_use": _("Pay per use"),
    "enterprise": _("Enterprise contract"),
    "standard": _("Standard access"),
    "advanced": _("Advanced access, after a review"),
    "ppca": _("Public content of pages"),
    "human_agent": _("Answers by people within 7 days"),
    "self_serve": _("For everybody"),
    "cm_development": _("Community management, in development"),
    "cm_standard": _("Community management"),
    "partner": _("Contract partner"),
    "historic": _("As it was years ago (sandbox only)"),
}


def level_name(level: str) -> str:
    """A level for people; those that are granted side by side are named side by side."""
    return " + ".join(str(LEVEL_NAMES.get(one.strip(), one.strip())) for one in level.split(","))


# The pages of the networks for people; {site} is the address in the settings.
LINKS: dict[str, dict[str, str]] = {
    "x": {
        "profile": "{site}/{username}",
        "post": "{site}/{username}/status/{id}",
        "reply": "{site}/intent/post?in_reply_to={id}&text={text}",
        "compose": "{site}/intent/post?text={text}",
        "like": "{site}/intent/like?tweet_id={id}",
        "message": "{site}/messages/compose?recipient_id={user_id}",
        "search": "{site}/search?q={query}&f=user",
    },
    "facebook": {
        "profile": "{site}/{username_or_id}",
        "message": "https://m.me/{page_or_username}",
        "search": "{site}/search/people/?q={query}",
        "inbox": "https://business.facebook.com/latest/inbox/all?asset_id={page_id}",
    },
    "linkedin": {
        "search": "{site}/search/results/people/?keywords={name}%20{company}",
        "profile": "{site}/in/{vanity}/",
        "company": "{site}/company/{vanity}/",
        "activity": "{site}/in/{vanity}/recent-activity/all/",
        "post": "{site}/feed/update/{urn}/",
        "message": "{site}/messaging/compose/?recipient={vanity}",
        "company_posts": "{site}/company/{vanity}/posts/",
    },
}

# The pages of people, by their addresses; and where their pictures are.
PROFILES: dict[str, Profiles] = {
    "x": Profiles(
        hosts=("x.com", "twitter.com"),
        paths=(r"/@?([A-Za-z0-9_]{1,15})(?:/.*)?", r"/i/user/([0-9]{1,19})"),
        reserved=frozenset(
            "home search i intent hashtag explore settings messages notifications login signup share tos privacy compose in company".split()
        ),
        picture_hosts=("twimg.com",),
        larger=("_normal.", "_400x400."),  # docs.x.com, user profile images
        field="x_handle",
        shouts=True,
    ),
    "facebook": Profiles(
        hosts=("facebook.com", "fb.com"),
        paths=(r"/profile\.php\?id=([0-9]{1,25})", r"/(?:people|pages)/[^/]+/([0-9]{1,25})", r"/([A-Za-z0-9.]{5,60})"),
        reserved=frozenset(
            "profile.php pages people groups events watch marketplace login sharer sharer.php search photo.php story.php".split()
        ),
        picture_hosts=("fbcdn.net", "fbsbx.com", "facebook.com"),
        pictures_end=True,
        field="facebook",
    ),
    "linkedin": Profiles(
        hosts=("linkedin.com",),
        paths=(r"/in/([^/?#]{3,100})(?:/.*)?",),
        picture_hosts=("licdn.com",),
        field="linkedin",
        further=("company", "title", "school"),
        on=("crm.lead", "crm.contact"),
    ),
}

_PARTNER, _HISTORIC = ("partner", "historic"), ("historic",)


def _offer(level: str, reasons: str = "", instead: Instead | None = None, link: str = "profile", **more: object) -> Offer:
    return Offer(level, tuple(REASONS[one] for one in reasons.split()), instead, link, **more)  # type: ignore[arg-type]


_X: Mapping[Can, Offer] = {
    Can.SEARCH_PEOPLE: _offer("pay_per_use", "x_no_latin x_cost", link="search"),
    Can.LINK_BY_HANDLE: _offer("pay_per_use"),
    Can.LINK_BY_URL: _offer(ALWAYS),
    Can.PROFILE: _offer("pay_per_use", "x_cost"),
    Can.COUNTS: _offer("pay_per_use"),
    Can.BACKGROUND: _offer(NEVER),
    Can.PICTURE: _offer("pay_per_use"),
    Can.PERSON_POSTS: _offer("pay_per_use", "x_cost"),
    Can.INTERACTIONS: _offer("pay_per_use"),
    Can.MENTIONS: _offer("pay_per_use"),
    Can.VISITOR_POSTS: _offer(NEVER),
    Can.COMMENTS: _offer("pay_per_use"),
    Can.KEYWORDS: _offer("pay_per_use", "x_7_days x_cost"),
    Can.HASHTAGS: _offer("pay_per_use", "x_7_days x_cost"),
    Can.REVIEWS: _offer(NEVER),
    Can.POST: _offer("pay_per_use", scopes=("tweet.write",)),
    Can.PICTURES: _offer("pay_per_use", scopes=("tweet.write", "media.write")),
    Can.REPLY: _offer("pay_per_use", "x_reply_summoned", link="reply", scopes=("tweet.write",)),
    Can.LIKE: _offer("enterprise", "x_enterprise_like", Instead.OPEN, "like", scopes=("like.read", "like.write")),
    Can.REPOST: _offer("pay_per_use", scopes=("tweet.write",)),
    Can.QUOTE: _offer("enterprise", "x_quote_enterprise", scopes=("tweet.write",)),
    Can.MESSAGE_FIRST: _offer("pay_per_use", "x_dm_closed", link="message", scopes=("dm.read", "dm.write")),
    Can.MESSAGE: _offer("pay_per_use", "x_encrypted", link="message", scopes=("dm.read", "dm.write")),
    Can.INVITE: _offer(NEVER),
    Can.UPDATES: _offer("pay_per_use"),
    Can.HIDE: _offer("pay_per_use", scopes=("tweet.moderate.write",)),
    Can.WEBHOOKS: _offer("pay_per_use"),
    Can.REVOCATION_EVENT: _offer("pay_per_use"),
    Can.REVOKE: _offer(ALWAYS),
}

_FACEBOOK: Mapping[Can, Offer] = {
    Can.SEARCH_PEOPLE: _offer(NEVER, "fb_no_people_search", Instead.LINK_BY_URL, "search"),
    Can.LINK_BY_HANDLE: _offer("ppca", "fb_ppca", Instead.LINK_BY_URL),
    Can.LINK_BY_URL: _offer(ALWAYS),
    Can.PROFILE: _offer("advanced", "fb_basic_only fb_review"),
    Can.COUNTS: _offer(NEVER, "fb_basic_only"),
    Can.BACKGROUND: _offer(NEVER),
    Can.PICTURE: _offer("advanced", "fb_basic_only"),
    Can.PERSON_POSTS: _offer(NEVER, "fb_basic_only"),
    Can.INTERACTIONS: _offer("advanced", "fb_review", scopes=("pages_read_user_content",)),
    Can.MENTIONS: _offer("advanced", "fb_review", scopes=("pages_read_user_content",)),
    Can.VISITOR_POSTS: _offer("advanced", "fb_review", scopes=("pages_read_user_content",)),
    Can.COMMENTS: _offer("advanced", "fb_review", scopes=("pages_read_user_content",)),
    Can.KEYWORDS: _offer(NEVER, "fb_no_keyword"),
    Can.HASHTAGS: _offer(NEVER, "fb_no_keyword"),
    Can.REVIEWS: _offer("advanced", "fb_review", scopes=("pages_read_user_content",)),
    Can.POST: _offer("advanced", "fb_review", scopes=("pages_manage_posts",)),
    Can.PICTURES: _offer("advanced", scopes=("pages_manage_posts",)),
    Can.REPLY: _offer("advanced", "fb_review", scopes=("pages_manage_engagement",)),
    Can.LIKE: _offer("advanced", "fb_review", scopes=("pages_manage_engagement",)),
    Can.REPOST: _offer(NEVER),
    Can.QUOTE: _offer(NEVER),
    Can.MESSAGE_FIRST: _offer(NEVER, "fb_first_contact", link="message"),
    Can.MESSAGE: _offer("advanced", "fb_window", link="inbox", scopes=("pages_messaging",)),
    Can.INVITE: _offer(NEVER),
    Can.UPDATES: _offer(NEVER),
    Can.HIDE: _offer("advanced", scopes=("pages_manage_engagement",)),
    Can.WEBHOOKS: _offer("advanced", scopes=("pages_manage_metadata",)),
    Can.REVOCATION_EVENT: _offer("standard"),
    Can.REVOKE: _offer(ALWAYS),
}

_PAGE_READS = ("rw_organization_admin", "r_organization_social_feed")
_PAGE_POSTS = ("w_organization_social", "r_organization_social")

_LINKEDIN: Mapping[Can, Offer] = {
    Can.SEARCH_PEOPLE: _offer(NEVER, "li_no_people_search", Instead.SEARCH_THERE, "search", beyond=_HISTORIC, scopes=("r_network",)),
    Can.LINK_BY_HANDLE: _offer("cm_development", "li_cm", Instead.LINK_BY_URL, scopes=("rw_organization_admin",)),
    Can.LINK_BY_URL: _offer(ALWAYS),
    Can.PROFILE: _offer(NEVER, "li_no_member_data", beyond=_HISTORIC, scopes=("r_fullprofile",)),
    Can.COUNTS: _offer(NEVER, "li_no_member_data"),
    Can.BACKGROUND: _offer(NEVER, "li_no_member_data", beyond=_HISTORIC, scopes=("r_fullprofile",)),
    Can.PICTURE: _offer(NEVER, "li_no_member_data", beyond=_HISTORIC, scopes=("r_fullprofile",)),
    Can.PERSON_POSTS: _offer(NEVER, "li_no_member_data", Instead.OPEN, "activity", beyond=_HISTORIC, scopes=("r_member_social",)),
    Can.INTERACTIONS: _offer("cm_development", "li_cm", scopes=(*_PAGE_READS, "r_basicprofile")),
    Can.MENTIONS: _offer("cm_development", "li_cm", scopes=_PAGE_READS),
    Can.VISITOR_POSTS: _offer(NEVER),
    Can.COMMENTS: _offer("cm_development", "li_cm", scopes=_PAGE_READS),
    Can.KEYWORDS: _offer(NEVER),
    Can.HASHTAGS: _offer(NEVER),
    Can.REVIEWS: _offer(NEVER),
    Can.POST: _offer("cm_development", alone="self_serve", scopes=_PAGE_POSTS, own_scopes=("w_member_social",)),
    Can.PICTURES: _offer("cm_development", alone="self_serve", scopes=_PAGE_POSTS, own_scopes=("w_member_social",)),
    Can.REPLY: _offer(
        "cm_development", "li_cm li_paste_post", link="post", scopes=("w_organization_social_feed",), own_scopes=("w_member_social_feed",)
    ),
    Can.LIKE: _offer(
        "cm_development", "li_cm li_paste_post", link="post", scopes=("w_organization_social_feed",), own_scopes=("w_member_social_feed",)
    ),
    Can.REPOST: _offer(NEVER, alone="self_serve", own_scopes=("w_member_social",)),
    Can.QUOTE: _offer(NEVER),
    Can.MESSAGE_FIRST: _offer(NEVER, "li_partner", Instead.COMPOSE, "message", beyond=_PARTNER, scopes=("w_messages",)),
    Can.MESSAGE: _offer(NEVER, "li_partner", link="message", beyond=_PARTNER, scopes=("w_messages",)),
    Can.INVITE: _offer(NEVER, "li_partner", Instead.OPEN, beyond=_PARTNER, scopes=("w_invitations",)),
    Can.UPDATES: _offer(NEVER, "li_no_member_data", beyond=_PARTNER),
    Can.HIDE: _offer(NEVER),
    Can.WEBHOOKS: _offer("cm_standard", scopes=_PAGE_READS),
    Can.REVOCATION_EVENT: _offer(NEVER),
    Can.REVOKE: _offer(ALWAYS),
}

OFFERS: dict[str, Mapping[Can, Offer]] = {"x": _X, "facebook": _FACEBOOK, "linkedin": _LINKEDIN}
