from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netable.errors import ConfigError
from netable.system.urls import check_no_password, shown, without_secrets

SECRET = "s3cr3t"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("houses.csv", "houses.csv"),
        ("what?.csv", "what?.csv"),
        ("s3://bucket/year=2024/part-?.parquet", "s3://bucket/year=2024/part-?.parquet"),
        ("s3://key:s3cr3t@bucket/a.csv", "s3://key:…@bucket/a.csv"),
        (
            "abfss://container@account.dfs.core.windows.net/a.csv",
            "abfss://container@account.dfs.core.windows.net/a.csv",
        ),
        ("https://host:8080/mail@work.csv", "https://host:8080/mail@work.csv"),
        ("https://s3cr3t@host/a.csv", "https://…@host/a.csv"),
        ("https://ann:s3cr3t@host/a.csv", "https://…@host/a.csv"),
        ("https://host/a.csv?sig=s3cr3t&b=?", "https://host/a.csv?…"),
        ("postgresql://ann:s3cr3t@host:5432/shop", "postgresql://ann:…@host:5432/shop"),
        ("postgresql://ann:p/s3cr3t@x@host/shop", "postgresql://ann:…@host/shop"),
        ("postgresql://host/shop?user=ann&password=s3cr3t", "postgresql://host/shop?…"),
        ("host=a password=s3cr3t user=ann", "host=a password=… user=ann"),
    ],
)
def test_shown__password_or_query__is_hidden(text: str, expected: str) -> None:
    assert shown(text) == expected


@given(st.text("abcXYZ019!$&'()*+,;=%-._~/@:", min_size=1))
def test_shown__any_password__is_not_in_it(password: str) -> None:
    password = f"<{password}>"
    for scheme in ("postgresql", "https", "s3"):
        assert "<" not in shown(f"{scheme}://ann:{password}@host/shop")


def test_without_secrets__of_a_foreign_message__keeps_the_rest() -> None:
    url = f"postgresql://ann:{SECRET}%21@host/shop?token=abcdef"

    assert (
        without_secrets(f"bad: '{SECRET}%21', '{SECRET}!', abcdef at host\nmore", url)
        == "bad: '…', '…', … at host"
    )


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://ann:{SECRET}@host/shop",
        f"postgresql://host/shop?password={SECRET}",
        f"https://{SECRET}@host/a",
        f"password={SECRET}",
    ],
)
def test_check_no_password__password__is_refused_without_showing_it(url: str) -> None:
    with pytest.raises(
        ConfigError, match=r"a password does not belong on the command line\. Set PGPASSWORD\.$"
    ) as error:
        check_no_password(url, "Set PGPASSWORD.")

    assert SECRET not in str(error.value)


@pytest.mark.parametrize(
    "url",
    [
        "a.csv",
        "postgresql://ann@host/shop",
        "https://host/a.csv?X-Signature=b",
        "abfss://c@account/a",
        "s3://b/x:y@z",
    ],
)
def test_check_no_password__none__is_allowed(url: str) -> None:
    check_no_password(url, "")
