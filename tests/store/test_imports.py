import subprocess
import sys


def test_importing_the_store_is_light() -> None:
    code = (
        "import sys, livedeck.store, livedeck.store.layout\n"
        "livedeck.store.open_store('file:///tmp/none').head('x')\n"
        "assert not {'obstore', 'asyncio', 'google.protobuf', 'tempfile'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
