"""What an app may do: LinkedIn's products as levels, lowest first, each with the scopes it opens."""

import os

from ..store import Store

SELF_SERVE, CM_DEVELOPMENT, CM_STANDARD, PARTNER, HISTORIC = "self_serve", "cm_development", "cm_standard", "partner", "historic"
LEVELS = (SELF_SERVE, CM_DEVELOPMENT, CM_STANDARD, PARTNER, HISTORIC)

# Scope, the level that opens it, and what the consent page says of it.
SCOPES = {
    "openid": (SELF_SERVE, "Sign in with LinkedIn", "LinkedInでサインインする"),
    "profile": (SELF_SERVE, "Your name and photo", "氏名と写真"),
    "email": (SELF_SERVE, "Your mail address", "メールアドレス"),
    "w_member_social": (SELF_SERVE, "Post in your name", "あなたとして投稿する"),
    "r_basicprofile": (CM_DEVELOPMENT, "Your basic profile", "基本プロフィール"),
    "r_1st_connections_size": (CM_DEVELOPMENT, "How many connections you have", "つながりの数"),
    "r_organization_social": (CM_DEVELOPMENT, "Read posts of your pages", "ページの投稿を読む"),
    "w_organization_social": (CM_DEVELOPMENT, "Post as your pages", "ページとして投稿する"),
    "r_organization_social_feed": (CM_DEVELOPMENT, "Read comments and reactions on your pages", "ページへのコメントとリアクションを読む"),
    "w_organization_social_feed": (CM_DEVELOPMENT, "Comment and react as your pages", "ページとしてコメント・リアクションする"),
    "w_member_social_feed": (CM_DEVELOPMENT, "Comment and react in your name", "あなたとしてコメント・リアクションする"),
    "r_organization_admin": (CM_DEVELOPMENT, "See your pages", "ページの管理情報を見る"),
    "rw_organization_admin": (CM_DEVELOPMENT, "Manage your pages", "ページを管理する"),
    "r_organization_followers": (CM_DEVELOPMENT, "See followers of your pages", "ページのフォロワーを見る"),
    # Closed to ordinary apps; no public page names the scope of invitations.
    "r_member_social": (PARTNER, "Read posts of members", "会員の投稿を読む"),
    "r_member_social_feed": (PARTNER, "Read comments of members", "会員へのコメントを読む"),
    "w_messages": (PARTNER, "Send messages in your name", "あなたとしてメッセージを送る"),
    "w_invitations": (PARTNER, "Send invitations in your name", "あなたとしてつながり申請を送る"),
    "r_network": (HISTORIC, "See your network", "ネットワークを見る"),
    "r_fullprofile": (HISTORIC, "See full profiles", "プロフィール全体を見る"),
}


def current(store: Store) -> str:
    """The level of all apps now."""
    return store.setting("li_level", _first())


def _first() -> str:
    wanted = os.environ.get("SANDBOX_LINKEDIN_LEVEL", CM_STANDARD)
    return wanted if wanted in LEVELS else CM_STANDARD


def reaches(level: str, needed: str) -> bool:
    """Whether a level holds what another one opens."""
    return LEVELS.index(level) >= LEVELS.index(needed)


def opens(level: str, scope: str) -> bool:
    """Whether an app of this level may have the scope."""
    return scope in SCOPES and reaches(level, SCOPES[scope][0])
