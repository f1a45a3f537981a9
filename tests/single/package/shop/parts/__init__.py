def price(count):
    return 7 * count


def main():
    print("sold", price(1))
    return 3
