#include "tests/planted/planted_entries.hpp"

K_HOST_ENTRIES(planted)
