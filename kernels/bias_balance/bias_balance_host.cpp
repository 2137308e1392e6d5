#include "kernels/bias_balance/bias_balance_entries.hpp"

K_HOST_ENTRIES(bias_balance)
