import tape
