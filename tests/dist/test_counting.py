"""What the patches of reference counts and of long integers' digits leave as it was."""

import random
import sys
import unittest

from support import python

HAS_IMMORTALS = sys.version_info >= (3, 12)
IMMORTAL = 0xFFFFFFFF
BITS = sys.int_info.bits_per_digit


class Counting(unittest.TestCase):
    def test_the_last_reference_ends_an_object(self):
        code = """if True:
            import sys, weakref
            class Local:
                pass
            kept = Local()
            seen = weakref.ref(kept, lambda _: print("ended"))
            many = [kept] * 100_000
            assert sys.getrefcount(kept) == 100_002, sys.getrefcount(kept)
            many.clear()
            assert sys.getrefcount(kept) == 2, sys.getrefcount(kept)
            print("kept", seen() is kept)
            del kept
            print("gone", seen())
        """
        self.assertEqual(python("-c", code), "kept True\nended\ngone None\n")

    @unittest.skipUnless(HAS_IMMORTALS, "no object is immortal before 3.12")
    def test_an_immortal_survives_whoever_counts_in_64_bits(self):
        # An extension for a stable ABI before 3.12 adds its references to the whole word: two of them leave one in
        # the half that the interpreter counts in.
        code = f"""if True:
            import ctypes
            immortal = 200
            word = ctypes.c_uint64.from_address(id(immortal))
            assert word.value == {IMMORTAL:#x}, hex(word.value)
            word.value += 2
            ctypes.pythonapi.Py_DecRef(ctypes.py_object(immortal))
            word.value = {IMMORTAL:#x}
            print(100 + 100, [immortal, 2 * 100])
        """
        self.assertEqual(python("-c", code), "200 [200, 200]\n")


class Digits(unittest.TestCase):
    """Sums, differences, products and quotients against each other, and against what a carry goes through at once."""

    def test_carries_go_through_every_digit(self):
        for digits in 1, 2, 3, 7, 80, 500:
            ones = (1 << BITS * digits) - 1
            with self.subTest(digits=digits):
                self.assertEqual((ones + 1).bit_length(), BITS * digits + 1)
                self.assertEqual(hex(ones + 1), "0x" + format(1 << BITS * digits, "x"))
                self.assertEqual((ones + 1) - 1, ones)
                self.assertEqual((1 - (ones + 1)).bit_length(), BITS * digits)
                self.assertEqual(ones * ones, (1 << 2 * BITS * digits) - (1 << BITS * digits + 1) + 1)
                self.assertEqual(divmod(ones * ones + ones - 1, ones), (ones, ones - 1))

    def test_identities_hold(self):
        numbers = random.Random(3)
        # Seventy digits and more are multiplied by parts (Karatsuba), which adds and subtracts in place.
        for size in range(1, 6000, 97):
            a = numbers.getrandbits(size) | 1 << size
            b = numbers.getrandbits(size // 2 + 1) | 1
            with self.subTest(size=size):
                self.assertEqual((a + b) - b, a)
                self.assertEqual((b - a) + a, b)
                self.assertEqual((a + b) * (a - b), a * a - b * b)
                quotient, rest = divmod(a, b)
                self.assertTrue(0 <= rest < b)
                self.assertEqual(quotient * b + rest, a)
                self.assertEqual(int.from_bytes((a + b).to_bytes(size // 8 + 2, "big"), "big"), a + b)


if __name__ == "__main__":
    unittest.main()
