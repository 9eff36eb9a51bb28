import pytest

from paretocaps.masking import masked

PLANTED = "pl4nted"


@pytest.mark.parametrize(
    "text",
    [
        f"postgresql://me:{PLANTED}@host/db",
        f"postgresql+psycopg://:{PLANTED}@/db?host=/run",
        f"postgresql://me:a@{PLANTED}@host/db",
        f"postgresql://me:a/b:{PLANTED}@host/db",
        f"postgresql://me@host/db?password={PLANTED}&sslmode=require",
        f"postgresql://me@host/db?sslmode=require&sslpassword={PLANTED}",
        f"postgresql://me@host/db?oauth_client_secret={PLANTED}",
        f"postgresql://me@host/db?scram_client_key={PLANTED}&scram_server_key={PLANTED}",
        f"https://host/?access_token={PLANTED}",
        f"https://host/?a=1&id_token={PLANTED}",
        f"token={PLANTED}",
        f"HF_TOKEN={PLANTED}",
        f"hf_token={PLANTED}",
        f"--token={PLANTED}",
        f"accessToken={PLANTED}",
        f"https://host/?class_token={PLANTED}",
        f"PARETOCAPS_TOKEN={PLANTED}",
        f"PARETOCAPS_TOKENS={PLANTED}",
        f"postgresql://me@host/db?PassWord={PLANTED}",
        f"postgresql://me@host/db?pass%77ord={PLANTED}",
        f"postgresql://me:{PLANTED}@host/db?password=a@{PLANTED}",
        f"host=h password = '{PLANTED} {PLANTED}' user=me",
        f"got postgresql://me:{PLANTED}@a/b and postgresql://me:{PLANTED}@c/d",
    ],
)
def test_a_password_is_hidden_in_every_form(text):
    hidden = masked(text)
    assert PLANTED not in hidden
    assert "***" in hidden
    assert masked(hidden) == hidden


@pytest.mark.parametrize(
    "text",
    [
        "studies/x.db",
        "sqlite:////data/a@b:c/x.db",
        "postgresql://me@host:5432/db?passfile=%2Fhome%2Fme%2F.pgpass&sslmode=require",
        "http://127.0.0.1:8080/ and me@host",
        "paretocaps optimize --set num_tokens=8",
        "paretocaps optimize --set class_token=mean --set 'cls_token=first'",
    ],
)
def test_a_text_without_a_password_stays(text):
    assert masked(text) == text


def test_what_is_around_a_password_stays():
    url = f"postgresql://me:{PLANTED}@host/db?password={PLANTED}&sslmode=require"
    assert masked(f"see '{url}': no") == "see 'postgresql://me:***@host/db?password=***&sslmode=require': no"
