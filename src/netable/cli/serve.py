"""`netable serve`: models as an HTTP service."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from netable.cli.output import write_note
from netable.deploy.server.limits import HOST, PORT
from netable.errors import ConfigError


def serve(
    model: Annotated[
        Path,
        typer.Argument(
            metavar="MODEL", help="A model file, an exported ONNX file, or a folder of model files."
        ),
    ],
    host: Annotated[
        str, typer.Option(help="The address to listen at; 0.0.0.0 lets other machines in.")
    ] = HOST,
    port: Annotated[int, typer.Option(help="The port to listen at; 0 takes a free one.")] = PORT,
    token_file: Annotated[
        Path | None,
        typer.Option(
            help="A file with the token that clients must send; else NETABLE_TOKEN of the environment.",
            show_default=False,
        ),
    ] = None,
    background: Annotated[
        Path | None,
        typer.Option(
            help="A table, such as that of training, with which contributions compare.", show_default=False
        ),
    ] = None,
) -> None:
    """Serve models over HTTP: predictions, intervals, contributions.

    It speaks the Open Inference Protocol (/v2), MLflow's scoring protocol
    (/invocations) and its own (/predict); /openapi.json describes the columns,
    and / is a page to try a row. A file that is replaced is loaded again.
    An exported ONNX file is computed by onnxruntime, without PyTorch.
    SIGTERM or Ctrl-C stop it after the requests under way.

    Examples:

        netable serve runs/houses/model.netable
        netable serve houses.onnx
        netable serve models --port 8080
        NETABLE_TOKEN=… netable serve models --host 0.0.0.0
    """
    lacking = [name for name in ("starlette", "uvicorn") if find_spec(name) is None]
    if lacking:
        raise ConfigError(
            f"A service needs {' and '.join(lacking)}, not installed here. Try: pip install 'netable[serve]'"
        )
    from netable.deploy.server.run import serve as serve_models

    serve_models(model, host=host, port=port, token_file=token_file, background=background, say=write_note)
