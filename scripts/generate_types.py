#!/usr/bin/env python3
"""Write the console's TypeScript types from the msgspec structs that define what travels to the browser.

``livedeck/deck/ops.py``, with the kinds of element that it names, and ``livedeck/admin/live/messages.py`` are the only
definitions; this prints what their JSON looks like: names as renamed, tag fields as string literals, fields that may be
left out as optional.

    scripts/generate_types.py           write console/src/protocol/*.gen.ts, and examples for the console's tests
    scripts/generate_types.py --check   exit 1 when a file there is not what would be written
"""

import argparse
import dataclasses
import enum
import inspect
import sys
import types
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args
from unittest import mock

import msgspec
from msgspec import inspect as shape

ROOT = Path(__file__).resolve().parent.parent
CONSOLE = ROOT / "console"
MODULES: Mapping[str, str] = {
    "livedeck.deck.ops": "src/protocol/deck.gen.ts",
    "livedeck.admin.live.messages": "src/protocol/live.gen.ts",
}
"""Each module's file. A module comes after those that it takes structs from."""
PARTS: Mapping[str, tuple[str, ...]] = {"livedeck.deck.ops": ("livedeck.deck.kinds.", "livedeck.deck.overlays")}
"""Where a module's structs are defined beside itself."""
NOT_IN_BROWSERS = frozenset({"headline", "sharing"})
"""Traits that only a server asks for."""
EXAMPLES = "tests/elements/examples.gen.json"
EXAMPLES_AT = 1_767_225_600.0
"""When the examples are made, as far as they say so: they are the same each time."""

PLAIN: Mapping[type[shape.Type], str] = {
    shape.AnyType: "unknown",
    shape.BoolType: "boolean",
    shape.DateTimeType: "string",
    shape.FloatType: "number",
    shape.IntType: "number",
    shape.NoneType: "null",
    shape.StrType: "string",
}


def generate() -> dict[str, str]:
    """The text of each generated file, by its name."""
    return {**{file: _module(_load(name), name, file) for name, file in MODULES.items()}, EXAMPLES: _examples()}


def _examples() -> str:
    """Each kind of element with something of all that it can hold, for the console's tests."""
    kinds, page = _load("livedeck.deck.ops").KINDS, _load("livedeck.deck.page").Page()
    with mock.patch("time.time", return_value=EXAMPLES_AT):
        for kind, value in kinds.items():
            value.example(page.deck(kind))
    examples = {op.deck: op.element for op in page.take().ops()}
    return msgspec.json.format(msgspec.json.encode(examples), indent=2).decode() + "\n"


def _load(name: str) -> types.ModuleType:
    sys.path.insert(0, str(ROOT))
    try:
        return __import__(name, fromlist=["_"])
    finally:
        sys.path.remove(str(ROOT))


def _module(module: types.ModuleType, name: str, file: str) -> str:
    body = "\n\n".join(_declared(module))
    source = name.replace(".", "/") + ".py"
    head = f"// Generated from {source} by scripts/generate_types.py. Change it there, and run that.\n"
    imports = _imports(module, file)
    return f"{head}\n{imports}{body}\n"


def _declared(module: types.ModuleType) -> Iterator[str]:
    """Every type that the module itself declares, in its order."""
    unions = {
        frozenset(get_args(value)): name for name, value in vars(module).items() if isinstance(value, types.UnionType)
    }
    if hasattr(module, "KINDS"):
        yield from _traits(module.KINDS)
    borrowed = _borrowed(module)
    for name, value in vars(module).items():
        if isinstance(value, types.UnionType):
            if name in borrowed:
                continue
            yield f"export type {name} = {' | '.join(_name(member) for member in get_args(value))};"
        elif not isinstance(value, type) or not _is_of(value, module.__name__):
            continue
        elif issubclass(value, enum.Enum):
            yield _enum(value)
        elif issubclass(value, msgspec.Struct):
            yield _struct(value, unions)


def _imports(module: types.ModuleType, file: str) -> str:
    lines = []
    for other, other_file in MODULES.items():
        if other_file == file:
            break
        names = sorted(
            name
            for name, value in vars(module).items()
            if (isinstance(value, type) and _is_of(value, other)) or _borrowed(module).get(name) == other
        )
        if names:
            lines.append(f'import type {{ {", ".join(names)} }} from "./{Path(other_file).stem}";\n')
    return "".join(lines) + ("\n" if lines else "")


def _borrowed(module: types.ModuleType) -> Mapping[str, str]:
    """The unions that a module takes from another one, with the other's name."""
    names = list(MODULES)
    others = [_load(other) for other in names[: names.index(module.__name__)]]
    return {
        name: other.__name__
        for name, value in vars(module).items()
        for other in others
        if isinstance(value, types.UnionType) and vars(other).get(name) is value
    }


def _traits(kinds: Mapping[str, Any]) -> Iterator[str]:
    """What the kinds of element are like, as a constant: one that the page does not know is not in it."""
    traits = {
        kind: {name: each for name, each in dataclasses.asdict(value.traits).items() if name not in NOT_IN_BROWSERS}
        for kind, value in kinds.items()
    }
    yield _dataclass(type(next(iter(kinds.values())).traits))
    rows = "".join(f"  {kind}: {_literal(each)},\n" for kind, each in traits.items())
    yield f"export const TRAITS: Readonly<Record<string, Traits>> = {{\n{rows}}};"


def _dataclass(value: type) -> str:
    info = shape.type_info(value)
    if not isinstance(info, shape.DataclassType):
        raise TypeError(f"{value!r} is not a dataclass: {info!r}")
    fields = "\n".join(
        f"  readonly {field.encode_name}: {_type(field.type, {})};"
        for field in info.fields
        if field.encode_name not in NOT_IN_BROWSERS
    )
    return f"{_comment(value)}export interface {value.__name__} {{\n{fields}\n}}"


def _is_of(value: type, module: str) -> bool:
    """Whether a module declares a type, or puts it together of its parts."""
    return value.__module__ == module or (module in PARTS and value.__module__.startswith(PARTS[module]))


def _enum(value: type[enum.Enum]) -> str:
    members = "\n".join(f'  | "{member.value}"' for member in value)
    return f"{_comment(value)}export type {value.__name__} =\n{members};"


def _struct(value: type[msgspec.Struct], unions: Mapping[frozenset[type], str] = types.MappingProxyType({})) -> str:
    info = shape.type_info(value)
    if not isinstance(info, shape.StructType):
        raise TypeError(f"{value!r} is not a struct: {info!r}")
    lines = [f"  readonly {info.tag_field}: {_literal(info.tag)};"] if info.tag_field else []
    may_be_left_out = value.__struct_config__.omit_defaults
    for field in info.fields:
        optional = "?" if may_be_left_out and not field.required else ""
        lines.append(f"  readonly {field.encode_name}{optional}: {_type(field.type, unions)};")
    fields = "\n".join(lines)
    return f"{_comment(value)}export interface {value.__name__} {{\n{fields}\n}}"


def _comment(value: type) -> str:
    lines = (inspect.getdoc(value) or "").splitlines()
    if len(lines) <= 1:
        return f"/** {lines[0]} */\n" if lines else ""
    return "/**\n" + "".join(f" * {line}".rstrip() + "\n" for line in lines) + " */\n"


def _type(kind: shape.Type, unions: Mapping[frozenset[type], str]) -> str:
    if isinstance(kind, shape.StructType | shape.EnumType):
        return _name(kind.cls)
    if isinstance(kind, shape.LiteralType):
        return " | ".join(_literal(value) for value in kind.values)
    if isinstance(kind, shape.UnionType):
        return _union(kind, unions)
    if isinstance(kind, shape.ListType):
        item = _type(kind.item_type, unions)
        return f"readonly ({item})[]" if " " in item else f"readonly {item}[]"
    if isinstance(kind, shape.DictType):
        return f"Readonly<Record<{_type(kind.key_type, unions)}, {_type(kind.value_type, unions)}>>"
    if type(kind) not in PLAIN:
        raise TypeError(f"no TypeScript for {kind!r}: teach scripts/generate_types.py")
    return PLAIN[type(kind)]


def _union(kind: shape.UnionType, unions: Mapping[frozenset[type], str]) -> str:
    """The name that the module gave this union, else its members (int and float are one type there)."""
    structs = frozenset(member.cls for member in kind.types if isinstance(member, shape.StructType))
    if len(structs) == len(kind.types) and structs in unions:
        return unions[structs]
    return " | ".join(dict.fromkeys(_type(member, unions) for member in kind.types))


def _name(value: Any) -> str:
    return str(value.__name__)


def _literal(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def main(argv: list[str] | None = None, folder: Path = CONSOLE) -> int:
    """Write the files into a folder, or with ``--check`` say which are stale; the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when something is stale")
    check: bool = parser.parse_args(argv).check
    stale = [file for file, text in generate().items() if _read(folder / file) != text]
    if check:
        for file in stale:
            print(f"console/{file} is stale: run scripts/generate_types.py", file=sys.stderr)
        return 1 if stale else 0
    for file, text in generate().items():
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_text(text, encoding="utf-8")
    return 0


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None


if __name__ == "__main__":
    raise SystemExit(main())
