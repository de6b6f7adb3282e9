"""The page of a server, on which a row can be tried by hand.

It is the same for all models: its script reads `/openapi.json`, with the token that its reader types, so that nobody
without one learns the columns.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from netable.pages.policy import policy


@cache
def page() -> tuple[str, str]:
    """The page as HTML, and the content security policy to send with it."""
    environment = Environment(loader=PackageLoader(__package__), autoescape=True, undefined=StrictUndefined)
    templates = files(__package__) / "templates"
    report_style = files("netable.pages") / "templates" / "style.css"
    style = f"{report_style.read_text('utf-8')}{(templates / 'form.css').read_text('utf-8')}".strip()
    script = (templates / "form.js").read_text("utf-8").strip()
    text = environment.get_template("server.html").render(style=Markup(style), script=Markup(script))
    return text, policy(style, script, "connect-src 'self'", "frame-ancestors 'none'")
