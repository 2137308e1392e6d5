// Cosines and sines of a launch's rotation angles, computed once per token instead of once per
// head.
#pragma once

#include <cmath>
#include <cstdint>

namespace kernelgate {

/// cos and sin of an f32 angle below 2^31, within 1 ulp of f32. Branch-free, so that loops over
/// angles vectorise. The angle is reduced by multiples of pi/2 in double; pi/2 split into two parts
/// leaves an error below 2^-60 for any such angle.
struct CosSin {
  float cosine, sine;
};

[[gnu::always_inline]] inline CosSin cos_sin(float angle) {
  const double a = static_cast<double>(angle);
  const double quarter = __builtin_rint(a * 0.63661977236758134308);  // 2 / pi
  double r = __builtin_fma(-quarter, 1.5707963267948965580, a);       // pi/2, upper part
  r = __builtin_fma(-quarter, 6.1232339957367658860e-17, r);          // and the rest
  const double z = r * r;  // |r| <= pi/4: the first omitted Taylor terms are below 1e-13
  double s = 1.0 / 6227020800.0;
  s = __builtin_fma(s, z, -1.0 / 39916800.0);
  s = __builtin_fma(s, z, 1.0 / 362880.0);
  s = __builtin_fma(s, z, -1.0 / 5040.0);
  s = __builtin_fma(s, z, 1.0 / 120.0);
  s = __builtin_fma(s, z, -1.0 / 6.0);
  s = __builtin_fma(s * z, r, r);
  double c = -1.0 / 87178291200.0;
  c = __builtin_fma(c, z, 1.0 / 479001600.0);
  c = __builtin_fma(c, z, -1.0 / 3628800.0);
  c = __builtin_fma(c, z, 1.0 / 40320.0);
  c = __builtin_fma(c, z, -1.0 / 720.0);
  c = __builtin_fma(c, z, 1.0 / 24.0);
  c = __builtin_fma(c, z, -0.5);
  c = __builtin_fma(c, z, 1.0);
  // quarter mod 4 as 0, 1/4, 1/2 or 3/4 of a turn
  const double turn = quarter * 0.25 - __builtin_floor(quarter * 0.25);
  const bool odd = turn == 0.25 || turn == 0.75;
  const double cosine = odd ? s : c;
  const double sine = odd ? c : s;
  const bool left = turn == 0.25 || turn == 0.5;  // the half plane of negative cosines
  return {static_cast<float>(left ? -cosine : cosine),
          static_cast<float>(turn >= 0.5 ? -sine : sine)};
}

/// One token's row: `half` cosines, then `half` sines of f32(position) * frequency.
inline void fill_rope_row(std::int32_t position, const float* frequency, std::int64_t half,
                          float* row) {
  const float at = static_cast<float>(position);
  for (std::int64_t x = 0; x < half; ++x) {
    const CosSin both = cos_sin(at * frequency[x]);
    row[x] = both.cosine;
    row[half + x] = both.sine;
  }
}

}  // namespace kernelgate
