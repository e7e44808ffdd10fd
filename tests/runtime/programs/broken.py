raise KeyError("while importing")
