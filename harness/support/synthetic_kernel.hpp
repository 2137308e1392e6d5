// A kernel for tests of the support pages; it is never launched.
#pragma once

#include <fmt/format.h>

#include <string>

#include "harness/core/registry.hpp"
#include "harness/devices/profile.hpp"
#include "harness/records/record.hpp"

namespace kernelgate::synthetic {

struct PlainCase {
  static constexpr std::string_view kernel = "plain";
  std::int64_t rows = 1;
  Dtype type = Dtype::f32;

  static const Axes<PlainCase>& axes() {
    static const Axes<PlainCase> table =
        Axes<PlainCase>().number("rows", &PlainCase::rows).dtype(&PlainCase::type);
    return table;
  }
  Traffic traffic() const { return {}; }
  std::vector<TensorSpec> tensors() const { return {}; }
  void fill(TensorSet&, DataMode, std::uint64_t) const {}
  ReferenceValues reference_values(const TensorSet&, DataMode, std::uint64_t) const { return {}; }
  bool operator==(const PlainCase&) const = default;
};

/// A native variant with one instance per wave width, and a second launch from 100 rows on. 1000
/// rows and more are unsupported everywhere; 10 rows and more need 32 KiB of LDS.
inline Variant native_variant(Reproducible determinism_claim) {
  Variant v;
  v.name = "native";
  v.backend = Backend::source;
  v.native = NativeSide{std::move(determinism_claim),
                        [](const Case& c, const DeviceProfile& p) -> std::optional<std::string> {
                          const PlainCase& plain = typed<PlainCase>(c);
                          if (plain.rows >= 1000) return "takes 999 rows";
                          if (plain.rows < 10 || p.lds_bytes >= 32768) return std::nullopt;
                          return fmt::format("plain<{},w{}> needs 32768 B of LDS, {} gives {} B",
                                             name(plain.type), p.wave, p.name, p.lds_bytes);
                        },
                        [](const Case& c, const DeviceProfile& p) {
                          const PlainCase& plain = typed<PlainCase>(c);
                          std::string text = fmt::format("plain<{},w{}> {} x 64", name(plain.type),
                                                         p.wave, plain.rows);
                          if (plain.rows >= 100)
                            text += fmt::format(", sum<w{}> (1,2,3) x 64", p.wave);
                          return text;
                        }};
  return v;
}

/// The kernel with a host variant and a native one.
inline Registry registry(Reproducible determinism_claim = {true, "no sums"}) {
  Registry all;
  all.add_kernel<PlainCase>("y = |x|");
  Variant host;
  host.name = "kokkos";
  all.add_variant("plain", host);
  all.add_variant("plain", native_variant(std::move(determinism_claim)));
  return all;
}

/// A record of its native variant on the source executor.
inline Record native_row(const std::string& axes, const std::string& device, Status status,
                         std::uint64_t schedule = 0) {
  Record r;
  r.kernel = "plain";
  r.variant = "native";
  r.backend = Backend::source;
  r.axes = axes;
  r.dtype = axes.substr(axes.find(',') + 1);
  r.data = DataMode::real;
  r.device = device;
  r.schedule_seed = schedule;
  r.status = status;
  r.provenance = Provenance::modelled;
  return r;
}

}  // namespace kernelgate::synthetic
