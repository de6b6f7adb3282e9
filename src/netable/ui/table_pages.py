"""Pages of tables: those that were given, and what is in each."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from http import HTTPStatus
from pathlib import Path
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from netable.config.choices import EFFORTS, KINDS
from netable.config.settings import DEFAULTS
from netable.errors import DataError, UserError
from netable.first_look import Look
from netable.first_look.page import duration
from netable.first_look.page import page as page_of_look
from netable.fit.resume.run_folder import MODEL
from netable.pages.page import page_text
from netable.ui.choices import LEAVE_OUT, Choices, quoted, train_command, train_python, typed
from netable.ui.looking import Looks
from netable.ui.pages import SANDBOX, address, drawn_alone, page, problem
from netable.ui.runs import Runs
from netable.ui.uploads import receive_table
from netable.ui.workspace import Workspace

Get = Callable[[Request], Response]
Post = Callable[[Request, Mapping[str, Any]], Response]


class TablePages:
    """Pages of tables."""

    def __init__(self, workspace: Workspace, runs: Runs, looks: Looks) -> None:
        self._workspace, self._runs, self._looks = workspace, runs, looks

    def gets(self) -> dict[str, Get]:
        """Pages by their addresses."""
        return {"/tables/{key}": self._columns, "/tables/{key}/look.html": self._whole_look}

    def posts(self) -> dict[str, Post]:
        """What forms do, by their addresses."""
        return {
            "/tables/{key}": self._look_again,
            "/tables/{key}/train": self._train,
            "/tables/{key}/delete": self._delete,
        }

    def uploads(self) -> dict[str, Callable[[Request], Awaitable[Response]]]:
        """What takes a file, by its address."""
        return {"/tables": self._receive}

    def home(self, request: Request) -> Response:
        """The first page: give a table, go on with a run."""
        return page(
            request,
            "home.html",
            tables=self._workspace.tables.all(),
            runs=self._runs.all(),
            folder=self._workspace.runs,
        )

    async def _receive(self, request: Request) -> Response:
        key = await receive_table(request, self._workspace.tables)
        table = self._workspace.tables.all()[key]
        try:
            await run_in_threadpool(self._looks.at, table, Choices())
        except UserError:
            self._workspace.tables.remove(key)
            raise
        return RedirectResponse(f"/tables/{key}", HTTPStatus.SEE_OTHER)

    def _columns(self, request: Request) -> Response:
        return self._columns_with(request, request.query_params)

    def _look_again(self, request: Request, form: Mapping[str, Any]) -> Response:
        key, table = self._table(request)
        columns = self._names(table)
        try:
            query = Choices.of_form(form, columns).query(columns)
        except UserError as error:
            return self._columns_with(request, form, str(error))
        return RedirectResponse(f"/tables/{key}?{query}", HTTPStatus.SEE_OTHER)

    def _names(self, table: Path) -> list[str]:
        return [column.name for column in self._looks.at(table, Choices()).columns]

    def _columns_with(self, request: Request, form: Mapping[str, Any], error: str = "") -> Response:
        key, table = self._table(request)
        first = self._looks.at(table, Choices())
        columns = self._names(table)
        choices, seen = Choices(), first
        try:
            choices = Choices.of_form(form, columns)
            seen = self._looks.at(table, choices)
        except UserError as problem_with_choices:
            error = error or str(problem_with_choices)
        folder = self._runs.next_folder(table)
        return page(
            request,
            "table.html",
            HTTPStatus.BAD_REQUEST if error else HTTPStatus.OK,
            key=key,
            name=table.name,
            look=seen,
            columns=_by_name(first, seen),
            query=choices.query(columns),
            places={name: place for place, name in enumerate(columns)},
            choices=choices,
            candidates={candidate.name for candidate in first.candidates},
            kinds=(*KINDS, LEAVE_OUT),
            efforts=EFFORTS,
            effort=choices.typed.get("effort", DEFAULTS.effort),
            duration=duration(seen),
            error=error,
            look_command=typed(["look", str(table), *choices.options()]),
            command=train_command(table, choices.options(), folder),
            python=train_python(table, choices, str(folder / MODEL)),
        )

    def _whole_look(self, request: Request) -> Response:
        _, table = self._table(request)
        choices = Choices.of_form(request.query_params, self._names(table))
        seen = self._looks.at(table, choices)
        with drawn_alone:
            return HTMLResponse(
                page_text(page_of_look(seen, quoted([str(table), *replace(choices, target="").options()]))),
                headers=SANDBOX,
            )

    def _train(self, request: Request, form: Mapping[str, Any]) -> Response:
        key, table = self._table(request)
        columns = self._names(table)
        try:
            choices = Choices.of_form(form, columns)
            if not choices.target:
                raise DataError("Choose the column to predict.")
        except UserError as error:
            return self._columns_with(request, form, str(error))
        run = self._runs.start(key, choices.options())
        return RedirectResponse(address(run), HTTPStatus.SEE_OTHER)

    def _delete(self, request: Request, form: Mapping[str, Any]) -> Response:
        key, table = self._table(request)
        if any(run.table == table for run in self._runs.all().values()):
            return problem(request, f"{table.name} is the table of a run; delete the run.")
        self._workspace.tables.remove(key)
        return RedirectResponse("/", HTTPStatus.SEE_OTHER)

    def _table(self, request: Request) -> tuple[str, Path]:
        key = request.path_params["key"]
        tables = self._workspace.tables.all()
        if key not in tables:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        return key, tables[key]


def _by_name(first: Look, seen: Look) -> list[Any]:
    """The columns of a table in its order, as they are seen now."""
    known = {column.name: column for column in seen.columns}
    return [known.get(column.name, column) for column in first.columns]
