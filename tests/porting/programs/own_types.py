"""Types of one's own with a transformer that is registered."""

from flytekit import FlyteContext, task, workflow
from flytekit.core.type_engine import SimpleTransformer, TypeEngine, TypeTransformer
from flytekit.models.literals import Literal, Primitive, Scalar
from flytekit.models.types import LiteralType, SimpleType


class Temperature:
    def __init__(self, kelvin: float):
        self.kelvin = kelvin


class TemperatureTransformer(TypeTransformer[Temperature]):
    def __init__(self):
        super().__init__(name="temperature", t=Temperature)

    def get_literal_type(self, t: type[Temperature]) -> LiteralType:
        return LiteralType(simple=SimpleType.STRING)

    def to_literal(
        self, ctx: FlyteContext, python_val: Temperature, python_type: type[Temperature], expected: LiteralType
    ) -> Literal:
        return Literal(scalar=Scalar(primitive=Primitive(string_value=f"{python_val.kelvin} K")))

    def to_python_value(self, ctx: FlyteContext, lv: Literal, expected_python_type: type[Temperature]) -> Temperature:
        return Temperature(float(lv.scalar.primitive.string_value.removesuffix(" K")))


class Metres:
    def __init__(self, number: int):
        self.number = number


TypeEngine.register(TemperatureTransformer())
TypeEngine.register(
    SimpleTransformer(
        "metres",
        Metres,
        LiteralType(simple=SimpleType.INTEGER),
        lambda value: Literal(scalar=Scalar(primitive=Primitive(integer=value.number))),
        lambda literal: Metres(literal.scalar.primitive.integer),
    )
)


@task
def measure(celsius: float) -> Temperature:
    return Temperature(celsius + 273.15)


@task
def warmer(than: Temperature, by: float) -> Temperature:
    return Temperature(than.kelvin + by)


@task
def hottest(of: list[Temperature]) -> float:
    return max(each.kelvin for each in of)


@workflow
def heated(celsius: float = 20.0) -> float:
    first = measure(celsius=celsius)
    return hottest(of=[first, warmer(than=first, by=1.5)])


@task
def climbed(metres: int) -> Metres:
    return Metres(metres)


@task
def both_ways(up: Metres) -> int:
    return 2 * up.number


@workflow
def walked(metres: int) -> int:
    return both_ways(up=climbed(metres=metres))


RUNS = [(heated, {}), (heated, {"celsius": -5.5}), (walked, {"metres": 700})]
