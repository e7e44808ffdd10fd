from hypothesis import given
from hypothesis import strategies as st

from livedeck.executors.process.messages import Abort, Bye, Frames, Hello, decode_to_zygote, frame

messages = st.lists(
    st.builds(Abort, st.text(), st.floats(allow_nan=False))
    | st.builds(Hello, st.dictionaries(st.binary(), st.binary()))
    | st.just(Bye())
)


@given(messages=messages, cuts=st.lists(st.integers(1, 40)))
def test_any_cut_of_the_stream_gives_the_same_messages(messages: list[Abort | Hello | Bye], cuts: list[int]) -> None:
    stream = b"".join(map(frame, messages))
    frames = Frames()
    found: list[object] = []
    for cut in [*cuts, len(stream)]:
        found += map(decode_to_zygote, frames.feed(stream[:cut]))
        stream = stream[cut:]
    assert found == messages
