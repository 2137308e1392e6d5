// cca_attention, native: the bodies.
#pragma once

#include "kernels/cca_attention/cca_attention_matrix.hpp"
#include "kernels/cca_attention/cca_attention_split.hpp"
#include "kernels/cca_attention/cca_attention_tile.hpp"
