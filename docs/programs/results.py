import sys

from livedeck.client import Client

with Client() as client:
    execution = client.execution_id(sys.argv[1])
    for _ in client.follow(execution):
        pass  # each change, until it has ended
    outputs = client.execution_data(execution).outputs.literals
    greeting, letters = outputs["o0"].scalar.primitive, outputs["o1"].scalar.primitive
    print(greeting.string_value, letters.integer)
