#include "tests/native/mutants_kernel.hpp"

K_HOST_ENTRIES(mutants)
