"""Signing in: limits, the second factor, a new password by mail, and nothing told to strangers."""

from __future__ import annotations

import base64
import json
import statistics
import time
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.hashers import PBKDF2PasswordHasher, make_password
from django.contrib.sessions.models import Session
from django.core import mail
from django.test import Client

from core.access.models import User
from core.signin import factor
from core.signin.models import SignInTry
from core.work.jobs import drain
from core.work.models import Job
from tests.factories import PASSWORD

from .conftest import code, give_app, is_in, last_link, sign_in

pytestmark = pytest.mark.django_db
NEW = "a sentence nobody guesses"


@pytest.mark.parametrize(
    ("typed", "said"),
    [("short7!", "too short"), ("password1", "too common"), ("ann@example.com", "too similar")],
)
def test_a_weak_password_is_refused_in_words(ann: User, client_of: Any, typed: str, said: str) -> None:
    """L1: eight characters or more, none of the common ones, nothing that is the person; the old one still works."""
    answer = client_of(ann).post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": typed, "password2": typed})

    assert answer.status_code == 422 and said in answer.content.decode()
    ann.refresh_from_db()
    assert ann.check_password(PASSWORD)


@pytest.mark.parametrize("typed", ["aaaaaaaabc", "長いパスワードは文章がよい", "x y" * 42])
def test_there_are_no_rules_of_composition(ann: User, client_of: Any, typed: str) -> None:
    """L1: neither digits nor signs are asked for, and 128 characters are taken."""
    answer = client_of(ann).post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": typed, "password2": typed})

    assert answer.status_code == 302
    ann.refresh_from_db()
    assert ann.check_password(typed)


def test_tries_end_and_the_right_password_is_refused_then_too(ann: User) -> None:
    """L2: eight wrong tries at one account from unknown browsers; then nothing goes for five minutes."""
    for number in range(8):
        assert sign_in(Client(), ann.email, "wrong", REMOTE_ADDR=f"198.51.100.{number}").status_code == 422

    answer = sign_in(Client(), ann.email, REMOTE_ADDR="198.51.100.99")

    assert answer.status_code == 422 and "Wait five minutes" in answer.content.decode()
    assert SignInTry.objects.first().outcome == "wrong" and SignInTry.objects.last().outcome == "limited"


def test_an_admin_cannot_be_locked_out_for_good(admin: User) -> None:
    """L2: whoever signed in with this browser before has tries of their own, however busy a stranger is."""
    own = Client()
    assert sign_in(own, admin.email).status_code == 302
    own.post("/accounts/logout/")
    for number in range(30):
        sign_in(Client(), admin.email, "wrong", REMOTE_ADDR=f"198.51.100.{number}")
    assert sign_in(Client(), admin.email).status_code == 422

    assert sign_in(own, admin.email).status_code == 302 and is_in(own)


def test_a_new_password_by_mail_is_the_way_in_from_a_new_browser(admin: User) -> None:
    """L2: a stranger uses up the tries of all unknown browsers, before and after; the one that opened the mail has its own."""
    fresh = Client()

    def busy() -> None:
        for number in range(9):
            sign_in(Client(), admin.email, "wrong", REMOTE_ADDR=f"198.51.100.{number}")

    busy()
    assert sign_in(fresh, admin.email).status_code == 422

    fresh.post("/accounts/password/reset/", {"email": admin.email})
    where = fresh.get(last_link(), follow=True).redirect_chain[-1][0]
    assert fresh.post(where, {"password1": NEW, "password2": NEW}).status_code == 302
    busy()

    assert sign_in(Client(), admin.email, NEW).status_code == 422
    assert sign_in(fresh, admin.email, NEW).status_code == 302 and is_in(fresh)


def test_a_device_cookie_is_good_for_its_own_person_only(ann: User, bob: User) -> None:
    """L2: who signed in as ann does not thereby get more tries at bob."""
    own = Client()
    sign_in(own, ann.email)
    own.post("/accounts/logout/")
    for number in range(8):
        sign_in(Client(), bob.email, "wrong", REMOTE_ADDR=f"198.51.100.{number}")

    assert sign_in(own, bob.email).status_code == 422


def test_one_address_has_its_limit_over_all_accounts(db: None) -> None:
    """L2: twenty wrong tries a minute from one address, whoever is tried."""
    for number in range(20):
        sign_in(Client(), f"nobody{number}@example.com", "wrong")

    assert "Wait five minutes" in sign_in(Client(), "one-more@example.com", "wrong").content.decode()


def test_codes_are_guessed_so_often_and_no_more(ann: User) -> None:
    """L2, L3: who knows the password has eight tries at the code, from all browsers together; then the right one is refused, too."""
    seed = give_app(ann)
    for number in range(8):
        one = Client()
        sign_in(one, ann.email, REMOTE_ADDR=f"198.51.100.{number}")
        assert one.post("/accounts/code/", {"code": "000000"}, REMOTE_ADDR=f"198.51.100.{number}").status_code == 422

    last = Client()
    sign_in(last, ann.email, REMOTE_ADDR="198.51.100.99")
    answer = last.post("/accounts/code/", {"code": code(seed)}, REMOTE_ADDR="198.51.100.99")

    assert answer.status_code == 422 and not is_in(last)


@pytest.mark.parametrize("email", ["ann@example.com", "nobody@example.com"])
def test_links_to_a_new_password_are_limited(ann: User, email: str) -> None:
    """L2, L6, O5: five a minute for one account, wherever they are asked from, and the same for an address nobody has."""
    answers = [Client().post("/accounts/password/reset/", {"email": email}, REMOTE_ADDR=f"198.51.100.{n}").status_code for n in range(6)]

    assert answers == [302] * 5 + [429]
    assert Job.objects.filter(kind="core.reset_password").count() == 5


def test_signing_in_takes_the_second_step(ann: User) -> None:
    """L3: the password alone opens nothing; password and code do."""
    seed, client = give_app(ann), Client()

    answer = sign_in(client, ann.email)
    assert answer.headers["Location"] == "/accounts/code/" and not is_in(client)
    assert client.get("/accounts/code/").status_code == 200
    assert client.post("/accounts/code/", {"code": "000000"}).status_code == 422
    assert not is_in(client)

    assert client.post("/accounts/code/", {"code": code(seed)}).status_code == 302
    assert is_in(client)
    assert [one.outcome for one in SignInTry.objects.order_by("pk")] == ["factor", "in"]


@pytest.mark.parametrize("typed", ["{code}", " {code} ", "{half} {rest}"])
def test_a_code_is_taken_however_it_is_typed(ann: User, typed: str) -> None:
    """L3: with blanks, as apps show it."""
    seed = give_app(ann)
    now = code(seed)

    client = Client()
    sign_in(client, ann.email)
    client.post("/accounts/code/", {"code": typed.format(code=now, half=now[:3], rest=now[3:])})

    assert is_in(client)


def test_a_code_in_wide_digits_is_taken(ann: User) -> None:
    """L3: as a Japanese keyboard types it."""
    seed, client = give_app(ann), Client()
    sign_in(client, ann.email)

    client.post("/accounts/code/", {"code": code(seed).translate(str.maketrans("0123456789", "０１２３４５６７８９"))})

    assert is_in(client)


def test_a_code_is_good_once(ann: User) -> None:
    """L3: the one that was used, and every older one, sign nobody in again."""
    seed = give_app(ann)
    now, first = code(seed), Client()
    sign_in(first, ann.email)
    first.post("/accounts/code/", {"code": now})
    assert is_in(first)

    for used in (now, code(seed, -1)):
        second = Client()
        sign_in(second, ann.email)
        assert second.post("/accounts/code/", {"code": used}).status_code == 422
        assert not is_in(second)


def test_a_recovery_code_is_good_once(ann: User) -> None:
    """L3: recovery codes sign in without the app, each a single time; new ones replace them all."""
    give_app(ann)
    codes = factor.new_codes(ann)
    assert len(set(codes)) == 10

    assert factor.spend(ann, codes[0]) is not None
    assert factor.spend(ann, codes[0]) is None
    fresh = factor.new_codes(ann)
    assert factor.spend(ann, codes[1]) is None
    assert factor.spend(ann, fresh[0]) is not None


def test_the_seed_is_sealed_in_the_database(ann: User, client_of: Any) -> None:
    """L3, T3: neither the row nor the session of who sets an app up holds the seed or a recovery code in plain."""
    client = client_of(ann)
    page = client.get("/me/security/app")
    sealed = page.context["seed"]
    seed = page.context["shown"].replace(" ", "")

    client.post("/me/security/app", {"seed": sealed, "code": code(seed), "current_password": PASSWORD})
    shown = client.get("/me/security/codes").context["codes"]

    assert factor.of(ann).app is not None and len(shown) == 10
    stored = json.dumps(list(Authenticator.objects.values_list("data", flat=True)))
    stored += "".join(str(one.get_decoded()) for one in Session.objects.all())
    assert seed not in stored
    assert not any(one.replace(" ", "") in stored for one in shown)


def test_an_app_is_not_taken_on_without_the_password(ann: User, client_of: Any) -> None:
    """L8: a desk left open gives nobody a second factor; what was typed stays."""
    client = client_of(ann)
    page = client.get("/me/security/app")
    seed = page.context["shown"].replace(" ", "")

    answer = client.post("/me/security/app", {"seed": page.context["seed"], "code": code(seed), "current_password": "wrong"})

    assert answer.status_code == 422 and not factor.has(ann)
    assert answer.context["seed"] == page.context["seed"] and code(seed) in answer.content.decode()


def test_the_seed_of_somebody_else_is_refused(ann: User, bob: User, client_of: Any) -> None:
    """L3: the sealed seed of a form is good for its own person."""
    page = client_of(bob).get("/me/security/app")
    seed = page.context["shown"].replace(" ", "")

    answer = client_of(ann).post("/me/security/app", {"seed": page.context["seed"], "code": code(seed), "current_password": PASSWORD})

    assert answer.status_code == 422 and not factor.has(ann)


def test_a_reset_does_not_go_around_the_second_factor(ann: User) -> None:
    """L3, L7: the link sets a password, signs nobody in, and the code is asked for as always; it works once."""
    give_app(ann)
    client = Client()
    client.post("/accounts/password/reset/", {"email": ann.email})
    link = last_link()

    form = client.get(link, follow=True)
    where = form.redirect_chain[-1][0]
    assert client.post(where, {"password1": NEW, "password2": NEW}).status_code == 302
    assert not is_in(client)
    assert sign_in(client, ann.email, NEW).headers["Location"] == "/accounts/code/"

    again = Client().get(link)
    assert "used already or is too old" in again.content.decode()


def test_a_suite_admin_reads_no_link_to_an_account_admin_s_password(ann: User, admin: User, client_of: Any, settings: Any) -> None:
    """A8, L7: without a mail server all mail lies in the tray; a link that makes one an account admin is for account admins."""
    from tests import factories

    settings.EMAIL_BACKEND = "core.mail.tray.Backend"
    suite = factories.make_user("suite", level="suite", profile="Administrator")
    for user in (ann, admin):
        Client().post("/accounts/password/reset/", {"email": user.email})
    drain()

    seen, all_seen = (client_of(user).get("/mail/tray/").content.decode() for user in (suite, admin))
    found = client_of(suite).get("/mail/tray/", {"q": admin.email}).context["mails"]

    assert all_seen.count("/accounts/password/reset/key/") == 2 * seen.count("/accounts/password/reset/key/") > 0
    assert admin.email not in seen and found == []


def test_a_reset_link_ends_after_an_hour(ann: User) -> None:
    """L7: an hour and a bit later the link leads to a friendly end."""
    import time_machine

    Client().post("/accounts/password/reset/", {"email": ann.email})
    link = last_link()
    assert Client().get(link).status_code == 302

    with time_machine.travel(time.time() + 3700):
        page = Client().get(link)

    assert "used already or is too old" in page.content.decode()


def test_links_in_mails_come_from_the_configuration(ann: User, settings: Any) -> None:
    """N1: neither Host nor X-Forwarded-Host decides where a link leads."""
    settings.ALLOWED_HOSTS = ["*"]

    Client().post("/accounts/password/reset/", {"email": ann.email}, HTTP_HOST="evil.example", HTTP_X_FORWARDED_HOST="evil.example")
    drain()

    assert settings.BASE_URL in mail.outbox[-1].body and "evil" not in mail.outbox[-1].body


def test_no_task_and_no_row_holds_a_link(ann: User) -> None:
    """C4: the job that mails a link knows whose it is, and no more."""
    Client().post("/accounts/password/reset/", {"email": ann.email})

    assert [one.args for one in Job.objects.filter(kind="core.reset_password")] == [{"user": ann.pk}]


@pytest.mark.parametrize("address", ["/accounts/login/", "/accounts/password/reset/"])
def test_known_and_unknown_addresses_meet_the_same(ann: User, eve: User, address: str) -> None:
    """L6: text, status and headers are the same for who is here, who is deactivated, who was never here."""
    User.objects.filter(pk=eve.pk).update(is_active=False)
    answers = []
    for email, password in ((ann.email, "wrong"), (eve.email, PASSWORD), ("nobody@example.com", "wrong")):
        answer = Client().post(address, {"login": email, "password": password, "email": email})
        page = answer.content.decode().replace(email, "E")
        tokens = [part.split('"')[0] for part in page.split('name="csrfmiddlewaretoken" value="')[1:]]
        for token in tokens:
            page = page.replace(token, "T")
        answers.append((answer.status_code, answer.headers.get("Location"), page))

    assert answers[0] == answers[1] == answers[2]


class _Counted(PBKDF2PasswordHasher):
    """Production's hasher, with so few rounds that two hundred tries are soon done; it counts how often it is asked."""

    iterations = 20_000
    asked = 0

    def encode(self, *args: Any, **kwargs: Any) -> str:
        type(self).asked += 1
        return super().encode(*args, **kwargs)


@pytest.mark.parametrize("address", ["/accounts/login/", "/accounts/password/reset/"])
def test_known_and_unknown_addresses_take_the_same_time(ann: User, eve: User, settings: Any, address: str) -> None:
    """L6: two hundred tries in turn. Both do the same hashing, which is what takes time in production, and the medians of the rest
    lie within half of what one hash takes here, 50 ms at the very most. Measured in processor time: nothing waits."""
    settings.PASSWORD_HASHERS = [f"{__name__}._Counted"]
    settings.ACCOUNT_RATE_LIMITS = False  # an empty one means the usual limits
    User.objects.filter(pk=eve.pk).update(is_active=False)
    for user in (ann, eve):
        user.set_password(PASSWORD)
        user.save(update_fields=["password"])
    begin = time.thread_time()
    make_password("x" * 12)
    most = min(0.05, max(0.004, (time.thread_time() - begin) / 2))
    client, took, hashed = Client(), {ann.email: [], eve.email: [], "nobody@example.com": []}, {}
    for _turn in range(67):
        for email, times in took.items():
            _Counted.asked, begin = 0, time.thread_time()
            client.post(address, {"login": email, "password": "wrong", "email": email})
            times.append(time.thread_time() - begin)
            hashed.setdefault(email, set()).add(_Counted.asked)

    assert hashed[ann.email] == hashed[eve.email] == hashed["nobody@example.com"] == ({1} if "login" in address else {0})
    medians = [statistics.median(times) for times in took.values()]
    assert max(medians) - min(medians) < most


def test_nobody_signs_up_alone(ann: User, client_of: Any) -> None:
    """L10, A8: there is no address for it."""
    for path in ("/accounts/signup/", "/accounts/social/signup/", "/accounts/email/", "/accounts/2fa/"):
        assert client_of(ann).get(path).status_code == 404


def test_a_bad_place_to_go_back_to_is_not_followed(ann: User) -> None:
    """N3: after signing in one lands here, whatever `next` says."""
    for bad in (
        "//evil.example",
        "https://evil.example/",
        "/\\evil.example",
        "javascript:alert(1)",
        "http:evil.example",
        "\t//evil.example",
    ):
        client = Client()
        answer = client.post("/accounts/login/", {"login": ann.email, "password": PASSWORD, "next": bad})
        assert "evil" not in answer.headers["Location"] and "javascript" not in answer.headers["Location"], bad


def test_one_header_signs_nobody_in(ann: User) -> None:
    """N8: no header is believed about who somebody is."""
    for header in ("REMOTE_USER", "HTTP_REMOTE_USER", "HTTP_X_REMOTE_USER", "HTTP_X_FORWARDED_USER", "HTTP_AUTHORIZATION"):
        assert Client().get("/me/", **{header: ann.email}).status_code == 302


def test_as_many_proxies_are_believed_as_are_configured(ann: User, settings: Any) -> None:
    """N7: what a client writes into X-Forwarded-For itself counts for nothing."""
    told = {"HTTP_X_FORWARDED_FOR": "1.1.1.1, 203.0.113.7", "REMOTE_ADDR": "10.0.0.9"}
    sign_in(Client(), ann.email, "wrong", **told)
    settings.PROXIES = 1
    sign_in(Client(), ann.email, "wrong", **told)

    assert list(SignInTry.objects.order_by("pk").values_list("address", flat=True)) == ["10.0.0.9", "203.0.113.7"]


def test_a_password_typed_is_in_no_log(ann: User, caplog: Any) -> None:
    """C4: neither a wrong password nor a right one is written anywhere."""
    caplog.set_level("DEBUG")
    sign_in(Client(), ann.email, "canary-7f3a")

    rows = json.dumps(list(SignInTry.objects.values("email", "device", "way", "outcome", "address")))
    assert "canary-7f3a" not in caplog.text + rows


def test_a_passkey_is_asked_for_by_post_and_seldom(db: None) -> None:
    """O5: asking begins a session, so it is limited for each address, and the session is short."""
    client = Client()
    assert client.get("/accounts/passkey/options").status_code == 405
    answer = client.post("/accounts/passkey/options")
    assert answer.json()["request_options"]["publicKey"]["userVerification"] == "required"
    assert client.session.get_expiry_age() <= 600

    answers = [Client().post("/accounts/passkey/options").status_code for _turn in range(31)]

    assert answers[-1] == 429
    assert Session.objects.count() <= 31


def test_no_passkey_is_made_up(ann: User) -> None:
    """L3: what no key signed is refused, and signs nobody in."""
    client = Client()
    client.post("/accounts/passkey/options")
    for bad in ("", "{}", "[]", "null", '{"response": {"userHandle": "MQ"}}', "{" * 2000):
        assert client.post("/accounts/passkey/", {"credential": bad}).status_code in {302, 429}
    assert not is_in(client)


def _answer(**parts: bytes) -> str:
    """A passkey's answer with these parts, as a browser sends it."""
    told = {name: base64.urlsafe_b64encode(part).decode().rstrip("=") for name, part in parts.items()}
    return json.dumps({"id": "MQ", "rawId": "MQ", "type": "public-key", "response": told})


CLIENT = b'{"type": "webauthn.get", "challenge": "MQ", "origin": "http://localhost"}'


@pytest.mark.parametrize(
    "bad",
    [
        "[" * 5000,
        " " * 30_000 + "{}",
        "5",
        _answer(clientDataJSON=CLIENT, authenticatorData=b"", signature=b"x"),
        _answer(clientDataJSON=CLIENT, authenticatorData=b"x" * 36, signature=b"x"),
        _answer(clientDataJSON=CLIENT, authenticatorData=b"x" * 32 + b"\x80" + b"x" * 4, signature=b"x"),
    ],
)
def test_a_broken_passkey_is_wrong_and_no_fault(ann: User, client_of: Any, bad: str) -> None:
    """L3, ASVS 2.2.1: too deep, too long or cut short, it is answered as any wrong one; at taking a passkey on, too."""
    client = Client()
    client.post("/accounts/passkey/options")
    assert client.post("/accounts/passkey/", {"credential": bad}).status_code == 302 and not is_in(client)

    body = {"name": "Key", "credential": bad, "current_password": PASSWORD}
    answer = client_of(ann).post("/me/security/passkey", body)
    assert answer.status_code == 422 and not factor.has(ann)


@pytest.mark.parametrize("attestation", [b"", b"\xa1", b"\x81" * 3000, b"\xa3\x68authData\x41x\x63fmt\x64none\x67attStmt\xa0"])
def test_a_broken_attestation_takes_no_passkey_on(ann: User, client_of: Any, attestation: bytes) -> None:
    """L3: CBOR cut short or too deep is said at the form."""
    bad = _answer(clientDataJSON=CLIENT.replace(b"get", b"create"), attestationObject=attestation)

    answer = client_of(ann).post("/me/security/passkey", {"name": "Key", "credential": bad, "current_password": PASSWORD})

    assert answer.status_code == 422 and not factor.has(ann)


def test_a_new_key_seals_the_seeds_too(ann: User, settings: Any) -> None:
    """T3, L3: after `reseal` the old key may go, and the app still signs in."""
    from cryptography.fernet import Fernet
    from django.core.management import call_command

    seed = give_app(ann)
    fresh = Fernet.generate_key().decode()
    settings.FIELD_KEYS = [fresh, *settings.FIELD_KEYS]
    call_command("reseal")
    settings.FIELD_KEYS = [fresh]

    assert factor.spend(ann, code(seed)) is not None
