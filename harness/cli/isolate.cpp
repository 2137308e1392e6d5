#include "harness/cli/isolate.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>

#include "harness/cli/interrupts.hpp"
#include "harness/core/error.hpp"
#include "harness/core/free_memory.hpp"

namespace kernelgate {
namespace {

using Clock = std::chrono::steady_clock;

/// The "job" of the child's first message: empty once begin() has returned, or what it threw.
constexpr std::int64_t beginning = -1;

/// A message of the child: which job, how long the text is, then the text.
struct Header {
  std::int64_t job = 0;
  std::int64_t bytes = 0;
};

void write_all(int fd, const void* data, std::size_t bytes) {
  const char* from = static_cast<const char*>(data);
  while (bytes > 0) {
    const ssize_t written = write(fd, from, bytes);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) _exit(3);  // the parent is gone
    from += written;
    bytes -= static_cast<std::size_t>(written);
  }
}

void send(int fd, std::int64_t job, const std::string& text) {
  const Header header{job, static_cast<std::int64_t>(text.size())};
  write_all(fd, &header, sizeof header);
  write_all(fd, text.data(), text.size());
}

[[noreturn]] void child_main(const IsolatedJobs& jobs, std::int64_t first, int fd) {
  leave_interrupts_alone();
  prctl(PR_SET_PDEATHSIG, SIGKILL);  // no orphan works on when the parent is killed
  std::string fault;
  try {
    if (jobs.begin) jobs.begin();
  } catch (const std::exception& error) {
    fault = std::string(error.what()).empty() ? "unknown error" : error.what();
  }
  send(fd, beginning, fault);
  if (!fault.empty()) _exit(0);
  for (std::int64_t i = first; i < jobs.count; ++i) send(fd, i, jobs.run(i));
  std::fflush(nullptr);
  _exit(0);  // no destructors of state that the parent owns
}

/// The parent's end: one child and the pipe from it.
class Child {
 public:
  Child(const IsolatedJobs& jobs, std::int64_t first) {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) throw BadInput("cannot make a pipe for a child");
    std::fflush(nullptr);
    pid_ = fork();
    if (pid_ < 0) {
      throw BadInput(std::string("cannot start a child process: ") + std::strerror(errno) +
                     "; limits of processes may be the cause (ulimit -u, pids.max)");
    }
    if (pid_ == 0) {
      close(ends[0]);
      child_main(jobs, first, ends[1]);
    }
    close(ends[1]);
    fd_ = ends[0];
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    close(fd_);
    if (pid_ > 0) {
      kill(pid_, SIGKILL);
      wait_status();
    }
  }

  enum class Read { message, end, late };

  /// Waits for the next message, until `limit_seconds` have passed (0: for ever).
  Read next(double limit_seconds, Header& header, std::string& text) {
    const auto deadline =
        Clock::now() + std::chrono::duration<double>(std::min(limit_seconds, 1e8));
    const auto until = limit_seconds > 0 ? std::chrono::time_point_cast<Clock::duration>(deadline)
                                         : Clock::time_point::max();
    const Read first = fill(&header, sizeof header, until);
    if (first != Read::message) return first;
    text.resize(static_cast<std::size_t>(header.bytes));
    return fill(text.data(), text.size(), until);
  }

  int wait_status() {
    int status = 0;
    while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    return status;
  }

 private:
  Read fill(void* into, std::size_t bytes, Clock::time_point until) {
    char* to = static_cast<char*>(into);
    while (bytes > 0) {
      int wait_ms = -1;
      if (until != Clock::time_point::max()) {
        const auto left =
            std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now()).count();
        if (left <= 0) return Read::late;
        wait_ms = static_cast<int>(std::min<std::int64_t>(left + 1, 60'000));
      }
      pollfd entry{fd_, POLLIN, 0};
      const int ready = poll(&entry, 1, wait_ms);
      if (ready <= 0) continue;  // interrupted or timed out: the deadline decides
      const ssize_t got = read(fd_, to, bytes);
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) return Read::end;
      to += got;
      bytes -= static_cast<std::size_t>(got);
    }
    return Read::message;
  }

  pid_t pid_ = -1;
  int fd_ = -1;
};

std::string end_in_words(int status) {
  if (WIFSIGNALED(status)) {
    std::string words = std::string("its process died of ") + sigabbrev_np(WTERMSIG(status)) +
                        " (" + strsignal(WTERMSIG(status)) + ")";
    if (WTERMSIG(status) == SIGKILL) {
      words += "; the system ends a process so when memory runs out: " + free_memory().in_words() +
               " now";
    }
    return words;
  }
  return "its process left with code " + std::to_string(WEXITSTATUS(status));
}

/// A child that cannot begin has run no kernel: its surroundings are at fault, not the first job.
void require_begun(Child& child, double limit_seconds) {
  constexpr double least_seconds = 60;
  Header header;
  std::string text;
  const double limit = limit_seconds > 0 ? std::max(limit_seconds, least_seconds) : 0;
  switch (child.next(limit, header, text)) {
    case Child::Read::message:
      if (!text.empty()) throw BadInput(text);
      return;
    case Child::Read::end:
      throw BadInput("the process for kernels did not start: " + end_in_words(child.wait_status()) +
                     " before any kernel ran; its last words are above, and limits of threads and "
                     "memory may be the cause (ulimit -a, the control group)");
    case Child::Read::late:
      throw BadInput("the process for kernels did not start within " +
                     std::to_string(static_cast<int>(limit)) + " s; no kernel ran");
  }
}

}  // namespace

void run_isolated(const IsolatedJobs& jobs) {
  std::int64_t next = 0;
  while (next < jobs.count) {
    Child child(jobs, next);
    require_begun(child, jobs.time_limit_seconds);
    for (;;) {
      Header header;
      std::string text;
      const Child::Read read = child.next(jobs.time_limit_seconds, header, text);
      if (read == Child::Read::message) {
        jobs.finish(header.job, {JobOutcome::End::returned, text});
        next = header.job + 1;
        if (next == jobs.count) break;
        continue;
      }
      if (read == Child::Read::late) {
        jobs.finish(next, {JobOutcome::End::timed_out,
                           "over the time limit of " +
                               std::to_string(static_cast<int>(jobs.time_limit_seconds)) + " s"});
      } else {
        jobs.finish(next, {JobOutcome::End::died, end_in_words(child.wait_status())});
      }
      ++next;
      break;
    }
  }
}

}  // namespace kernelgate
