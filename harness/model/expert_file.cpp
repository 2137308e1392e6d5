#include "harness/model/expert_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/vfs.h>
#include <unistd.h>
#include <cstring>

#include <utility>

#include "harness/core/error.hpp"
#include "harness/core/free_memory.hpp"
#include "harness/core/pieces.hpp"
#include "harness/model/kernel_weights.hpp"

namespace kernelgate::model {
namespace {

/// Closes the file after mapping it, or on an exception.
class OpenFile {
 public:
  OpenFile(const ExpertFolder& folder, std::int64_t bytes) {
    require_space(folder, bytes);
    std::string name = (folder.path / "kernelgate-experts-XXXXXX").string();
    number_ = mkstemp(name.data());
    if (number_ < 0) refuse(folder, bytes, errno);
    unlink(name.c_str());
    // Allocated up front: otherwise a full disk would kill the process at some later write.
    const int error = posix_fallocate(number_, 0, bytes);
    if (error == 0) return;
    close(number_);
    refuse(folder, bytes, error);
  }
  ~OpenFile() { close(number_); }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;

  int number() const { return number_; }
  // A file system in memory (tmpfs) takes its pages from this process's memory limit, so running
  // out would kill the process; a disk would only be full.
  static void require_space(const ExpertFolder& folder, std::int64_t bytes) {
    struct statfs system {};
    if (::statfs(folder.path.c_str(), &system) != 0 || system.f_type != TMPFS_MAGIC) return;
    require_memory(bytes,
                   fmt::format("{} (a file system in memory): the experts' file", folder.name),
                   "expected --expert-folder with a folder on a disk");
  }
  [[noreturn]] static void refuse(const ExpertFolder& folder, std::int64_t bytes, int error) {
    throw BadInput(
        fmt::format("{}: a file of {:.2f} GB for the experts: {}; expected --expert-folder with a "
                    "folder that has enough space",
                    folder.name, 1e-9 * static_cast<double>(bytes), std::strerror(error)));
  }

 private:
  int number_ = -1;
};

}  // namespace

ExpertFile::ExpertFile(const reference::ModelConfig& config, const reference::Weights& weights,
                       Dtype type, const ExpertFolder& folder, const std::function<void()>& written)
    : layers_(config.num_blocks()),
      experts_(config.num_experts),
      gate_up_bytes_(2 * config.expert_size * config.hidden_size * size_bytes(type)),
      down_bytes_(config.expert_size * config.hidden_size * size_bytes(type)) {
  const std::int64_t page = sysconf(_SC_PAGESIZE);
  stride_ = rounded_up(expert_bytes(), page);
  const OpenFile file(folder, bytes());
  void* start = mmap(nullptr, static_cast<std::size_t>(bytes()), PROT_READ | PROT_WRITE, MAP_SHARED,
                     file.number(), 0);
  if (start == MAP_FAILED) OpenFile::refuse(folder, bytes(), errno);
  data_ = static_cast<std::byte*>(start);
  for (std::int64_t layer = 0; layer < layers_; ++layer) {
    for (std::int64_t e = 0; e < experts_; ++e) {
      const reference::ExpertWeights& from =
          weights.blocks[static_cast<std::size_t>(layer)].experts[static_cast<std::size_t>(e)];
      convert(from.gate_up, type, at(layer, e));
      convert(from.down, type, at(layer, e) + gate_up_bytes_);
      release(layer, e);
      if (written) written();
    }
  }
}

ExpertFile::~ExpertFile() {
  if (data_ != nullptr) munmap(data_, static_cast<std::size_t>(bytes()));
}

ExpertFile::ExpertFile(ExpertFile&& other) noexcept
    : layers_(other.layers_),
      experts_(other.experts_),
      gate_up_bytes_(other.gate_up_bytes_),
      down_bytes_(other.down_bytes_),
      stride_(other.stride_),
      data_(std::exchange(other.data_, nullptr)) {}

ExpertFile::Expert ExpertFile::expert(std::int64_t layer, std::int64_t number) const {
  return {at(layer, number), at(layer, number) + gate_up_bytes_};
}

// The mapping is shared with the file, so dropped pages keep what was written to them.
void ExpertFile::release(std::int64_t layer, std::int64_t number) {
  madvise(at(layer, number), static_cast<std::size_t>(stride_), MADV_DONTNEED);
}

}  // namespace kernelgate::model
