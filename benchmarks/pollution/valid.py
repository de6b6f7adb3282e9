"""Ordinary files that look a little odd: every refusal and every misreading of them is a fault."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator

from benchmarks.pollution.kinds import Kind, Polluted
from benchmarks.pollution.tables import Table

_DAYS = "".join(f"2020-01-{day:02},{day},{day / 2},x\n" for day in range(1, 20))
_NUMBERED = "".join(f"{i},{i * 7 % 5},{i / 2},x\n" for i in range(1, 20))
_NAMED = "".join(f"n{i},{i},{i / 2},x\n" for i in range(1, 20))
_TWO = "".join(f"2020-01-{day:02} 00:00,{day}\n" for day in range(1, 20))

VALID = {
    "a last row with only its day": "date,a,b,c\n" + _DAYS + "2020-01-20,,,\n",
    "a last row with only its number": "id,a,b,c\n" + _NUMBERED + "20,,,\n",
    "a last row with only its name": "name,a,b,c\n" + _NAMED + "new,,,\n",
    "a last row with only its name, New York": "name,a,b,c\n" + _NAMED + "New York: all,,,\n",
    "a last row with only its time": "time,a\n" + _TWO + "2020-01-20 00:00,\n",
    "a word first in the only column of numbers": "plan,limit\nA,unlimited\nB,10\nC,20\n",
    "a sign before a number": "sample,value\na,<0.05\nb,1.2\nc,3.4\nd,5.5\n",
    "words in a row between": "name,a,b\nw,1,2\nx,3,4\ny,5,6\nz,low,high\nv,7,8\nu,9,10\n",
    "signs before numbers in a row": "name,a,b\nw,1,2\nx,3,4\ny,5,6\nz,<1,>9\nv,7,8\nu,9,10\n",
    "a heading as a quoted cell": 'text,n\nx,1\n"# Title\ntext",2\ny,3\n',
    "a tag with a blank": "tag,n\n# foo,1\nbar,2\nbaz,3\n",
    "a blank line between texts": "text,label\nfoo,x\n\nbar,y\n",
    "a blank line in one column": "city\nParis\n\nRome\nOslo\n",
    "phone numbers": "who,phone\nx,44 123 456\ny,44 123 789\nz,1 555 123\n",
    "years as names": "country,2010,2015,2018\nKR,1,2,3\nFR,4,5,6\n",
    "wavelengths as names": "y,400.1,401.9,404\n0.5,0.11,0.12,0.13\n0.7,0.21,0.22,0.23\n",
    "doses as names": "y,1,2,5,10\n0.5,11,12,13,14\n0.7,21,22,23,24\n",
    "numbers with a gap as names": "0,1,3\n5,6,7\n2,9,8\n",
    "a label like its name": "text,spam\nhello,ham\nbuy,spam\nbye,ham\n",
    "a grade like its name": "Gender,Good\nm,Good\nf,Bad\nm,Good\n",
    "typographic quotes within": 'quote,by\n"“The world, as”",Albert\n"“I am, so”",René\n',
    "typographic quotes in few cells": "a,b\n1,\n2,«x»\n3,\n4,\n",
    "a word in single quotes": "a,b\n1,it's\n2,'hi'\n3,you're\n",
    "a sentence in single quotes": "a,b\n1,\"'hi, you'\"\n2,x\n",
    "inches of one size": 'part,size\na,15"\nb,15"\nc,15"\n',
    "feet and inches": 'who,height\nx,"5\'11"""\ny,"6\'1"""\n',
    "feet and inches without quotes": "who,height\nx,5'11\"\ny,6'1\"\n",
    "names of two words": "full name\nJohn Smith\nAnn Lee\nBob Jones\n",
}
WESTERN = {
    "French": "text,y\nIl a été déçu du modèle à l'été,1\nTrès bien été,0\n",
    "one French word": "saison,y\nété,1\nhiver,0\n",
    "French capitals": "saison,y\nÉTÉ,1\nHIVER,0\n",
    "a digit before a letter": "name,y\n5à7,1\nbar,0\n",
    "a letter before a digit": "pipe,y\nØ25,1\nØ32,0\n",
    "Icelandic": "text,y\nþað var,1\nhún er,0\n",
}


def valid() -> Iterator[Kind]:
    """Files that everyone reads right."""
    for name, text in VALID.items():
        yield Kind("valid", name, r"(?!)", _once(text, "utf-8"))
    for name, text in WESTERN.items():
        yield Kind("valid", f"{name} in cp1252", r"(?!)", _once(text, "cp1252"))


def _once(text: str, encoding: str) -> Callable[[Table], Polluted | None]:
    """The file itself, for one of the tables, as it is made of none."""
    header, *rows = [row for row in csv.reader(io.StringIO(text, newline="")) if row]
    truths = [Table("itself", header, rows)]
    if len(header) == 1:  # a blank line may be a missing cell
        truths.append(Table("itself", header, [[line] for line in text.split("\n")[1:-1]]))
    polluted = Polluted(text.encode(encoding), truths)
    return lambda table: polluted if table.name == "short" else None
