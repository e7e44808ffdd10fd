"""Types of one's own with a transformer that is registered."""

from flytekit import FlyteContext, task, workflow
from flytekit.core.type_engine import TypeEngine, TypeTransformer
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


TypeEngine.register(TemperatureTransformer())


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


RUNS = [(heated, {}), (heated, {"celsius": -5.5})]
