#include "tests/failures/failures_entries.hpp"

K_HOST_ENTRIES(failures)
