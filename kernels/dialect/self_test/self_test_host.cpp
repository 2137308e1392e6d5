#include "kernels/dialect/self_test/self_test_entries.hpp"

K_HOST_ENTRIES(self_test)
