"""What a launch plan asks of its caller."""

from collections.abc import Mapping

from flyteidl.admin.launch_plan_pb2 import LaunchPlan, LaunchPlanSpec
from flyteidl.core.interface_pb2 import Parameter, ParameterMap, TypedInterface, Variable, VariableMap
from flyteidl.core.literals_pb2 import Literal, LiteralMap
from flyteidl.core.workflow_pb2 import LaunchPlanTemplate

from livedeck.admin.compiler.literals import fits, show
from livedeck.admin.compiler.types import describe
from livedeck.errors import InvalidRequest


def expected_inputs(name: str, spec: LaunchPlanSpec, interface: TypedInterface) -> ParameterMap:
    """Return the inputs that a caller gives: the workflow's less the fixed ones, defaults merged, others required.

    Raises:
        InvalidRequest: A default or fixed input is not an input of the workflow, or not of its type.
    """
    declared = interface.inputs.variables
    where = f"launch plan {name!r}"
    for given, parameter in spec.default_inputs.parameters.items():
        _check_known(f"{where}: default input", given, declared)
        if parameter.WhichOneof("behavior") == "default":
            _check_type(f"{where}: default input", given, parameter.default, declared)
    for given, literal in spec.fixed_inputs.literals.items():
        _check_known(f"{where}: fixed input", given, declared)
        _check_type(f"{where}: fixed input", given, literal, declared)
    return ParameterMap(
        parameters={
            variable: _parameter(declared[variable], spec.default_inputs.parameters.get(variable))
            for variable in declared
            if variable not in spec.fixed_inputs.literals
        }
    )


def merge_inputs(name: str, expected: ParameterMap, fixed: LiteralMap, given: LiteralMap) -> LiteralMap:
    """Return an execution's inputs: what was given, defaults for what was not, and the fixed ones.

    Where nothing is to be added it is the very message that was given: a copy of many literals takes long.

    Raises:
        InvalidRequest: An input is missing, unknown, fixed, or of another type.
    """
    parameters = expected.parameters
    where = f"{name!r}: input"
    for variable, literal in given.literals.items():
        if variable in fixed.literals:
            raise InvalidRequest(f"{where} {variable!r} is fixed by the launch plan and cannot be given")
        _check_known(where, variable, {known: parameter.var for known, parameter in parameters.items()})
        _check_type(where, variable, literal, {variable: parameters[variable].var})
    missing = [variable for variable in parameters if variable not in given.literals]
    if not missing and not fixed.literals:
        return given
    merged = LiteralMap(literals={**fixed.literals, **given.literals})
    for variable in missing:
        parameter = parameters[variable]
        if parameter.WhichOneof("behavior") != "default":
            raise InvalidRequest(
                f"{where} {variable!r} is missing: it is a {describe(parameter.var.type)} without a default"
            )
        merged.literals[variable].CopyFrom(parameter.default)
    return merged


def template(plan: LaunchPlan) -> LaunchPlanTemplate:
    """Return a launch plan as a compiled closure holds it."""
    inputs = {name: parameter.var for name, parameter in plan.closure.expected_inputs.parameters.items()}
    return LaunchPlanTemplate(
        id=plan.id,
        interface=TypedInterface(inputs=VariableMap(variables=inputs), outputs=plan.closure.expected_outputs),
        fixed_inputs=plan.spec.fixed_inputs,
    )


def optional_inputs(expected: ParameterMap) -> frozenset[str]:
    """Return the inputs that have a default."""
    return frozenset(
        name for name, parameter in expected.parameters.items() if parameter.WhichOneof("behavior") == "default"
    )


def _parameter(variable: Variable, declared: Parameter | None) -> Parameter:
    if declared is None or declared.WhichOneof("behavior") != "default":
        return Parameter(var=variable, required=True)
    return Parameter(var=variable, default=declared.default)


def _check_known(where: str, name: str, known: Mapping[str, Variable]) -> None:
    if name not in known:
        names = ", ".join(map(repr, sorted(known))) or "none"
        raise InvalidRequest(f"{where} {name!r} is not an input of the workflow; its inputs: {names}")


def _check_type(where: str, name: str, literal: Literal, known: Mapping[str, Variable]) -> None:
    asked = known[name].type
    if not fits(literal, asked):
        raise InvalidRequest(f"{where} {name!r} is {describe(asked)}, but is given {show(literal)}")
