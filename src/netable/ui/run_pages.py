"""Pages of runs: the course of training, the report, questions, predictions, and runs side by side."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from pathlib import Path
from time import time
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response

from netable.errors import UserError
from netable.ui.asking import Asked, Models
from netable.ui.choices import ask_python, predict_python, typed
from netable.ui.curves import chart_of
from netable.ui.fields import fields, row_of_form
from netable.ui.pages import SANDBOX, address, page, problem
from netable.ui.predicting import UNUSUAL, arguments_for, predict, predictions
from netable.ui.runs import RUNNING, Run, Runs
from netable.ui.side_by_side import side_by_side
from netable.ui.uploads import receive_table
from netable.ui.workspace import Workspace

Get = Callable[[Request], Response]
Post = Callable[[Request, Mapping[str, Any]], Response]
# Tables of new rows that are kept.
_ROWS_KEPT = 20
_NEW, _OUT = Path("NEW.csv"), Path("predictions.csv")


class RunPages:
    """Pages of runs."""

    def __init__(self, workspace: Workspace, runs: Runs) -> None:
        self._workspace, self._runs, self._models = workspace, runs, Models()

    def gets(self) -> dict[str, Get]:
        """Pages by their addresses."""
        return {
            "/compare": self._compare,
            "/runs/{name}": self._run,
            "/runs/{name}/live": self._live,
            "/runs/{name}/report.html": self._report,
            "/runs/{name}/model.netable": self._model,
            "/runs/{name}/ask": self._ask,
            "/runs/{name}/delete": self._confirm,
            "/runs/{name}/predictions/{key}": self._predictions,
            "/runs/{name}/predictions/{key}/predictions.csv": self._download,
        }

    def posts(self) -> dict[str, Post]:
        """What forms do, by their addresses."""
        return {
            "/runs/{name}/stop": self._stop,
            "/runs/{name}/resume": self._resume,
            "/runs/{name}/delete": self._delete,
            "/runs/{name}/ask": self._asked,
            "/runs/{name}/answer": self._answer,
            "/runs/{name}/reasons": self._reasons,
        }

    def uploads(self) -> dict[str, Callable[[Request], Awaitable[Response]]]:
        """What takes a file, by its address."""
        return {"/runs/{name}/predict": self._predict}

    def _run(self, request: Request) -> Response:
        run = self._found(request)
        command = typed([*run.record.arguments]) if run.record else ""
        return page(request, "run.html", run=run, command=command, **_course(run))

    def _live(self, request: Request) -> Response:
        run = self._found(request)
        answer = page(request, "live.html", run=run, **_course(run))
        answer.headers["x-netable-state"] = run.state
        return answer

    def _report(self, request: Request) -> Response:
        run = self._found(request)
        if run.state == RUNNING or not run.report.is_file():
            raise HTTPException(HTTPStatus.NOT_FOUND)
        return FileResponse(run.report, media_type="text/html", headers=SANDBOX)

    def _model(self, request: Request) -> Response:
        run = self._with_model(request)
        return FileResponse(run.model, filename=f"{run.name}.netable", media_type="application/octet-stream")

    def _stop(self, request: Request, form: Mapping[str, Any]) -> Response:
        run = self._found(request)
        self._runs.stop(run)
        return _to(run)

    def _resume(self, request: Request, form: Mapping[str, Any]) -> Response:
        run = self._found(request)
        self._runs.resume(run)
        return _to(run)

    def _confirm(self, request: Request) -> Response:
        return page(request, "delete.html", run=self._found(request))

    def _delete(self, request: Request, form: Mapping[str, Any]) -> Response:
        run = self._found(request)
        if not self._runs.delete(run):
            return problem(request, f"{run.folder} has other files too, which stay.", HTTPStatus.OK)
        return RedirectResponse("/", HTTPStatus.SEE_OTHER)

    def _compare(self, request: Request) -> Response:
        runs = self._runs.all()
        chosen = [runs[name] for name in request.query_params.getlist("run") if name in runs]
        return page(request, "compare.html", table=side_by_side([run for run in chosen if run.results]))

    def _ask(self, request: Request) -> Response:
        run = self._with_model(request)
        asked = self._models.of(run)
        typed_number = request.query_params.get("row", "1")
        number = int(typed_number) if typed_number.isdecimal() and len(typed_number) < 19 else 1
        return self._question(request, run, asked, asked.start(number))

    def _asked(self, request: Request, form: Mapping[str, Any]) -> Response:
        run = self._with_model(request)
        return self._question(request, run, self._models.of(run), form)

    def _question(self, request: Request, run: Run, asked: Asked, form: Mapping[str, Any]) -> Response:
        return page(request, "ask.html", fields=fields(asked.model, form), **self._answered(run, asked, form))

    def _answer(self, request: Request, form: Mapping[str, Any]) -> Response:
        run = self._with_model(request)
        return page(request, "answer.html", **self._answered(run, self._models.of(run), form))

    def _answered(self, run: Run, asked: Asked, form: Mapping[str, Any]) -> dict[str, Any]:
        row = row_of_form(asked.model, form)
        values = {"run": run, "python": ask_python(run.model, row), "error": "", "answer": None}
        try:
            return values | {"answer": asked.answer(row)}
        except UserError as error:
            return values | {"error": str(error)}

    def _reasons(self, request: Request, form: Mapping[str, Any]) -> Response:
        run = self._with_model(request)
        asked = self._models.of(run)
        try:
            reasons = asked.reasons(row_of_form(asked.model, form))
        except UserError:
            return HTMLResponse("")  # the answer says so already
        return page(request, "reasons.html", run=run, reasons=reasons)

    async def _predict(self, request: Request) -> Response:
        run = await run_in_threadpool(self._with_model, request)
        key = await receive_table(request, self._workspace.rows)
        await run_in_threadpool(self._predict_rows, run, key)
        return RedirectResponse(f"{address(run)}/predictions/{key}", HTTPStatus.SEE_OTHER)

    def _predict_rows(self, run: Run, key: str) -> None:
        try:
            predict(self._models.of(run).model, run.model, self._workspace.rows.all()[key])
        except UserError:
            self._workspace.rows.remove(key)
            raise
        self._workspace.rows.keep_newest(_ROWS_KEPT)

    def _predictions(self, request: Request) -> Response:
        run, rows = self._with_model(request), self._rows(request)
        arguments = arguments_for(self._models.of(run).model, run.model, _NEW, _OUT)
        return page(
            request,
            "predictions.html",
            run=run,
            key=request.path_params["key"],
            name=rows.name,
            made=predictions(rows),
            unusual=UNUSUAL,
            command=typed(arguments),
            python=predict_python(run.model),
        )

    def _download(self, request: Request) -> Response:
        self._found(request)
        rows = self._rows(request)
        return FileResponse(
            predictions(rows).path, filename=f"predictions-{rows.stem}.csv", media_type="text/csv"
        )

    def _rows(self, request: Request) -> Path:
        rows = self._workspace.rows.all().get(request.path_params["key"])
        if rows is None:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        return rows

    def _found(self, request: Request) -> Run:
        run = self._runs.all().get(request.path_params["name"])
        if run is None:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        return run

    def _with_model(self, request: Request) -> Run:
        run = self._found(request)
        if not run.has_model:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        return run


def _course(run: Run) -> dict[str, Any]:
    course = run.course()
    spent = None if course.began is None else max(0.0, time() - course.began)
    return {"course": course, "chart": chart_of(course), "spent": spent}


def _to(run: Run) -> Response:
    return RedirectResponse(address(run), HTTPStatus.SEE_OTHER)
