import sys
from pathlib import Path

from livedeck.client import Client
from livedeck.client.files import stored_in

name, folder = sys.argv[1], Path(sys.argv[2])
with Client() as client:
    outputs = client.execution_data(client.execution_id(name)).outputs
    for value in stored_in(outputs):
        for path in client.download(value, folder):
            print(path)
