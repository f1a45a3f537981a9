def stick(length):
    return 1 / length
