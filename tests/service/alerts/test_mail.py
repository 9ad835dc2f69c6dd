"""A mail leaves over TLS with one login, says names inside alone, and whatever a server does ends with a remedy."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from certificates import Authority
from mail_server import MAILBOX, PASSWORD, Post, posting
from sites import camera, site

from agent.service.alerts import mail
from agent.service.alerts.notices import REFUSED_WAIT, Notice
from agent.service.alerts.refusals import Refusal
from agent.service.alerts.sending import send
from agent.site.config.messages import MailServer, Receiver
from agent.text.translate import render
from drivers.model import Credential

NOW = datetime(2026, 11, 25, 0, 5, tzinfo=UTC)
SITE = site(camera("gate"))
NEW = Notice(
    key="camera-online camera:gate", change="new", severity="critical", since=NOW, explains=3, name="大门",
    words="it does not answer",
)  # fmt: skip
LOGIN = Credential("mail", MAILBOX, PASSWORD)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("ca"))


@pytest.fixture(scope="module")
def certificate(authority: Authority) -> tuple[Path, Path]:
    return authority.issue("mail", server=True)


@pytest.fixture
def post() -> Iterator[Post]:
    with posting(login=False) as served:
        yield served


def receiver(post: Post, **changes: Any) -> Receiver:
    server = MailServer("127.0.0.1", MAILBOX, ("a@example.org", "b@example.org"), post.port, post.tls)
    of_server = {key: changes.pop(key) for key in ("host", "tls") if key in changes}
    login = LOGIN if post.login else None
    plain = Receiver(name="duty", kind="mail", mail=replace(server, **of_server), credential=login, lang="en")
    return replace(plain, **changes)


def sent(to: Receiver, *notices: Notice) -> Refusal | None:
    return send(to, SITE, notices or (NEW,), lambda: NOW)


@pytest.mark.parametrize("mechanisms", ["PLAIN", "LOGIN", "LOGIN PLAIN", "XOAUTH2 LOGIN"])
@pytest.mark.parametrize("tls", ["tls", "starttls"])
def test_a_mail_leaves_over_tls_with_one_login(
    authority: Authority, certificate: tuple[Path, Path], tls: Any, mechanisms: str
) -> None:
    with posting(certificate, tls=tls, mechanisms=mechanisms) as post:
        assert sent(receiver(post, ca=authority.ca)) is None
    (message,) = post.messages()
    assert message["Subject"] == "camwarden dt0001, 2026-11-25 08:05: new fails: 1 (critical 1)"
    assert message["From"] == MAILBOX
    assert post.recipients == ["a@example.org", "b@example.org"]
    assert message["Auto-Submitted"] == "auto-generated"
    text = message.get_content()
    assert "School (dt0001)" in text
    assert "大门 (gate) camera-online: it does not answer; since 2026-11-25 08:05; explains 3 more findings" in text
    assert len(post.logins) == 1
    assert {words.upper() for words in post.plain} <= {"EHLO [127.0.0.1]", "STARTTLS"}, (
        "nothing is said before TLS, nor our host's name"
    )


def test_in_chinese_and_to_a_server_of_this_machine_without_a_login(post: Post) -> None:
    assert sent(receiver(post, lang="zh_CN")) is None
    (message,) = post.messages()
    assert message["Subject"] == "camwarden dt0001 2026-11-25 08:05：新的不合格 1 项（严重 1）"  # noqa: RUF001
    assert "大门" in message.get_content()
    assert post.logins == []


def test_a_wrong_password_is_tried_once_and_names_the_remedy(
    authority: Authority, certificate: tuple[Path, Path]
) -> None:
    with posting(certificate, tls="tls") as post:
        wrong = Credential("mail", MAILBOX, "wrong-word")
        refusal = sent(receiver(post, ca=authority.ca, credential=wrong))
    assert refusal is not None
    assert "reply 535" in str(refusal.why)
    assert "authorization code" in str(refusal.why)
    assert refusal.wait == REFUSED_WAIT
    assert len(post.logins) == 1, "a mailbox is locked by the third"
    assert post.mails == []
    assert not any(word in f"{refusal}{render(refusal.why, 'zh_CN')}" for word in (PASSWORD, "wrong-word", MAILBOX))


def test_nothing_is_sent_where_tls_was_asked_for_and_is_not_there(
    authority: Authority, certificate: tuple[Path, Path], post: Post
) -> None:
    refusal = sent(receiver(post, tls="starttls", credential=LOGIN))
    assert refusal is not None
    assert "offers no STARTTLS" in str(refusal.why)
    assert post.mails == []
    assert post.plain == ["ehlo [127.0.0.1]"]
    with posting(certificate, tls="starttls") as other:
        for ca in (None, Authority(authority.ca.parent / "other").ca):
            refusal = sent(receiver(other, ca=ca))
            assert refusal is not None
            assert "certificate is not trusted" in str(refusal.why)
        assert other.logins == []
    with posting(authority.issue("elsewhere.example.org"), tls="tls") as third:
        refusal = sent(receiver(third, ca=authority.ca))
        assert refusal is not None
        assert "certificate is not trusted" in str(refusal.why)


def test_what_was_said_before_tls_does_not_count(authority: Authority, certificate: tuple[Path, Path]) -> None:
    """A reply that somebody between slipped in behind the server's 220 is dropped. Source: RFC 3207 section 4.2."""
    slipped = b"250-mail.example.org\r\n250 AUTH PLAIN\r\n"
    with posting(certificate, tls="starttls", mechanisms="LOGIN", slipped=slipped) as post:
        assert sent(receiver(post, ca=authority.ca)) is None
    assert post.logins == ["LOGIN"]
    assert post.names == ["[127.0.0.1]", "[127.0.0.1]"], "it asks anew over TLS"


HOSTILE = [
    ({"greeting": b"554 go away, PASSWORD\r\n"}, "refuses the mail (reply 554)"),
    ({"greeting": b"421 later\r\n"}, "takes no mail for now (reply 421)"),
    ({"greeting": b"220-" + b"x" * 70_000 + b"\r\n"}, "reply 500"),
    ({"greeting": b"220-more\r\n" * 20_000}, "broke the connection off"),
    ({"greeting": b"HTTP/1.1 400 Bad Request\r\n\r\n"}, "broke the connection off"),
    ({"replies": {"MAIL": b"550 5.7.1 sender hunter2-of-mail\r\n"}}, "refuses the mail (reply 550)"),
    ({"replies": {"RCPT": b"550 no such user a@example.org\r\n"}}, "refuses the mail (reply 550)"),
    ({"replies": {"RCPT": b"451 greylisted\r\n"}}, "takes no mail for now (reply 451)"),
    ({"replies": {"DATA": b"552 too large\r\n"}}, "refuses the mail (reply 552)"),
    ({"replies": {"EHLO": b"250-" + b"A" * 200 + b"\r\n250 \xff\xfe\r\n"}}, None),
]


@pytest.mark.parametrize(("settings", "words"), HOSTILE)
def test_whatever_a_server_says_ends_and_is_told_by_its_number_alone(settings: Any, words: str | None) -> None:
    with posting(login=False, **settings) as post:
        refusal = sent(receiver(post))
    if words is None:
        assert refusal is None
        return
    assert refusal is not None
    assert words in str(refusal.why)
    assert not any(word in repr(refusal) for word in (PASSWORD, "PASSWORD", "@", "greylisted", "xxx"))


@pytest.mark.parametrize("tls", ["tls", "starttls", "none"])
def test_a_server_that_never_speaks_ends_with_its_time(
    authority: Authority, certificate: tuple[Path, Path], tls: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail, "SEND_WITHIN_S", 0.4)
    with posting(certificate if tls == "tls" else None, tls=tls, silent=True) as post:
        refusal = sent(receiver(post, ca=authority.ca))
    assert refusal is not None
    assert "in time" in str(refusal.why)


def test_nobody_there_and_a_login_that_is_not_known_here(
    authority: Authority, certificate: tuple[Path, Path], post: Post
) -> None:
    with posting() as gone:
        nobody = receiver(gone)
    refusal = sent(nobody)
    assert refusal is not None
    assert "nobody listens" in str(refusal.why)
    refusal = sent(receiver(gone, host="no.such.host.invalid"))
    assert refusal is not None
    assert "has no address" in str(refusal.why)
    with posting(certificate, tls="tls", mechanisms="XOAUTH2") as modern:
        refusal = sent(receiver(modern, ca=authority.ca))
    assert refusal is not None
    assert "no login that is known here" in str(refusal.why)


def test_one_wrong_address_repeats_the_mail_to_nobody_and_is_logged(
    post: Post, caplog: pytest.LogCaptureFixture
) -> None:
    post.unknown = ("a@example.org",)
    assert sent(receiver(post)) is None
    assert post.recipients == ["b@example.org"]
    assert "refuses address number 1 of to (reply 550)" in caplog.text
    assert "@" not in caplog.text
    post.unknown += ("b@example.org",)
    refusal = sent(receiver(post))
    assert refusal is not None
    assert "reply 550" in str(refusal.why)


def test_no_name_can_make_a_header_or_a_line(post: Post) -> None:
    evil = "x\r\nBcc: spy@example.org\r\n.\r\n\u202e\x1b[31m"
    row = replace(NEW, name=evil, words=evil)
    assert sent(receiver(post), row) is None
    (message,) = post.messages()
    assert message["Bcc"] is None
    assert post.recipients == ["a@example.org", "b@example.org"]
    lines = message.get_content().splitlines()
    assert sum("spy@example.org" in line for line in lines) == 1, "all of it on the line of its notice"
    assert not any(char in message.get_content() for char in "\x1b\u202e")


def test_a_service_that_sends_no_mail_does_not_load_what_sends_it() -> None:
    """The libraries of mail are a hundredth of what it holds at rest."""
    program = "import sys, agent.service.daemon.loop; print([name for name in sys.modules if name in sys.argv])"
    words = [sys.executable, "-P", "-c", program, "smtplib", "email.policy", "email.headerregistry"]
    assert subprocess.run(words, capture_output=True, text=True, check=True).stdout == "[]\n"
