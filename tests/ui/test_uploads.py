from __future__ import annotations

import pytest

from netable.ui import uploads
from ui_pages import upload


def test_receive_table__larger_than_allowed__is_refused_with_or_without_its_length(
    page, workspace, monkeypatch
):
    monkeypatch.setattr(uploads.receive_table, "__defaults__", (1000,))

    def parts():
        yield b'--x\r\nContent-Disposition: form-data; name="table"; filename="a.csv"\r\n\r\n'
        yield b"a,b\n" * 1000
        yield b"\r\n--x--\r\n"

    headers = {"content-type": "multipart/form-data; boundary=x"}
    announced = page.post("/tables", content=b"".join(parts()), headers=headers)
    unannounced = page.post("/tables", content=parts(), headers=headers)

    assert announced.status_code == unannounced.status_code == 413
    assert "train on it at the terminal" in announced.text
    assert workspace.tables.all() == {}


@pytest.mark.parametrize("sent", [{}, {"data": {"table": "text"}}, {"files": {"other": ("a.csv", b"a\n1")}}])
def test_receive_table__no_file__is_one_line(page, sent):
    answer = page.post("/tables", **sent)

    assert answer.status_code == 400
    assert "No file was chosen." in answer.text


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("empty.csv", b"", "empty.csv is empty."),
        ("pickle.csv", b"\x80\x04" + b"x" * 50, "pickle.csv: not a table, but a pickle"),
        ("header.csv", b"a,b\n", "header.csv: 0 rows"),
    ],
)
def test_upload__broken_file__is_one_line_with_its_name_and_nothing_is_kept(
    page, workspace, tmp_path, name, content, words
):
    (tmp_path / name).write_bytes(content)

    answer = upload(page, tmp_path / name)

    assert answer.status_code == 400
    assert words in answer.text
    assert str(workspace.runs) not in answer.text
    assert workspace.tables.all() == {}


def test_form__of_another_kind__is_one_line(page):
    answer = page.post("/tables", content=b"x", headers={"content-type": "multipart/form-data"})

    assert answer.status_code == 400
