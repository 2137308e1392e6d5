// top_k, native: the host side. Decides per device how a row is cut and which instances run.
#include <algorithm>
#include <bit>
#include <string>

#include "harness/core/pieces.hpp"
#include "harness/native/plan.hpp"
#include "kernels/top_k/top_k.hpp"
#include "kernels/top_k/top_k_launch.hpp"

namespace kernelgate {
namespace {

/// A variant: its instances and a suitable block size.
struct TopKTuning {
  TopKLayout layout;
  std::int64_t wave;  // 0: the device's
  std::int64_t threads;
};

constexpr TopKTuning least{top_k_16k, 0, 256}, more{top_k_64k, 0, 256};
constexpr TopKTuning rdna3{top_k_64k, 32, 512};
constexpr TopKTuning cdna3{top_k_64k, 64, 1024};
constexpr TopKTuning cdna4{top_k_160k, 64, 1024};
constexpr TopKTuning sm90{top_k_227k, 32, 1024};

/// Number of slices per row. It affects speed only: any number gives the same result.
std::int64_t slices_of(const TopKCase& c, const TopKLayout& layout) {
  constexpr std::int64_t blocks = 128;  // about as many as fill a device
  const std::int64_t size = size_bytes(c.type);
  const std::int64_t row = std::max<std::int64_t>(1, c.longest());
  // A slice may begin in the middle of 16 bytes.
  const std::int64_t staged = pieces(row, layout.slice_capacity(size) - (16 / size - 1));
  // All slices together have at most a quarter as many candidates as the row has entries.
  const std::int64_t most = std::max<std::int64_t>(1, row / std::max<std::int64_t>(4096, 4 * c.k));
  const std::int64_t spread = std::min(pieces(blocks, c.rows), most);
  if (4 * staged * c.k > row) return spread;
  const std::int64_t kept = std::max(layout.merge_capacity(), layout.max_sorted) / c.k;
  return std::max(staged, std::min(spread, kept));
}

std::vector<NativeUse> uses(const TopKCase& c, const DeviceProfile& device,
                            const TopKTuning& tuning) {
  const std::int64_t wave = tuning.wave == 0 ? device.wave : tuning.wave;
  return {{.entry = std::string(top_k_slice_name(name(c.type), wave, tuning.layout)),
           .grid = {c.rows * slices_of(c, tuning.layout), 1, 1},
           .threads = tuning.threads},
          {.entry = std::string(top_k_merge_name(name(c.type), wave, tuning.layout)),
           .grid = {c.rows, 1, 1},
           .threads = tuning.threads}};
}

std::unique_ptr<Launch> launch(const TopKCase& c, TensorSet& tensors, NativeDevice& device,
                               const NativeEntrySet& entries, const TopKTuning& tuning) {
  const auto memory = std::make_shared<NativeTensors>(device, tensors);
  const std::int64_t slices = slices_of(c, tuning.layout);
  std::byte* candidate =
      memory->scratch(c.rows * slices * c.k * TopKLayout::entry_bytes, "top_k candidates");
  const auto columns = static_cast<std::uint32_t>(c.columns);
  const auto cut = static_cast<std::uint32_t>(slices), k = static_cast<std::uint32_t>(c.k);
  const auto bits =
      static_cast<std::uint32_t>(std::max(1, static_cast<int>(std::bit_width(columns - 1))));
  return make_native_launch(device, memory,
                            [=, &device, &m = *memory, use = uses(c, device.profile(), tuning)] {
                              launch_use(device, entries, use[0], m["logits"], m["length"],
                                         candidate, columns, cut, k, bits);
                              launch_use(device, entries, use[1], candidate, m["length"],
                                         m["index"], m["value"], columns, cut, k, bits);
                            });
}

/// Adds a variant whose tuning follows from the case alone.
template <class Choose>
void add(Registry& registry, std::string name, std::string note, Choose choose) {
  registry.add_native<TopKCase>(
      {.name = std::move(name),
       .note = std::move(note),
       .reproducible = {true, "counts are whole numbers, and no two entries of a row are equal"},
       .uses = [choose](const TopKCase& c,
                        const DeviceProfile& device) { return uses(c, device, choose(c)); },
       .prepare =
           [choose](const TopKCase& c, TensorSet& tensors, NativeDevice& device,
                    const NativeEntrySet& entries) {
             return launch(c, tensors, device, entries, choose(c));
           }});
}

}  // namespace

void register_top_k_native(Registry& registry) {
  add(registry, "native", "slices, then a merge; 16 KiB of LDS to k = 1024, 64 KiB above",
      [](const TopKCase& c) { return c.k <= top_k_16k.max_sorted ? least : more; });
  add(registry, "native/rdna3", "waves of 32, 64 KiB of LDS: a slice is read once",
      [](const TopKCase&) { return rdna3; });
  add(registry, "native/cdna3", "waves of 64, 64 KiB of LDS: a slice is read once",
      [](const TopKCase&) { return cdna3; });
  add(registry, "native/cdna4", "waves of 64, 160 KiB of LDS: slices and candidates are read once",
      [](const TopKCase&) { return cdna4; });
  add(registry, "native/sm90", "waves of 32, 227 KiB of LDS: slices and candidates are read once",
      [](const TopKCase&) { return sm90; });
}

}  // namespace kernelgate
