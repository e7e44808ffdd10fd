"""What the executors of this machine share: processes and their ends, records on disk, admission, captured output.

Imports nothing by itself: the zygote's attempts carry what is imported here.
"""
