# Lets the instrumented interpreter do what interpreters are used for, and merges what it counted.
cp -R /in/instrument/root/install install
cp /in/recipe/*.py .
install/bin/python"${VERSION%.*}" -B train.py "$OUT"
