#include "workers/mailroom.h"

#include <boost/asio/detached.hpp>
#include <deque>
#include <map>

#include "base/log.h"

namespace msghub {

namespace asio = boost::asio;
using std::chrono::milliseconds;

namespace {

constexpr int kResendAfterMs = 5000;

bool has_flag(const json::object& header, std::string_view flag) {
  const json::value* flags = header.if_contains("flags");
  if (flags == nullptr || !flags->is_array()) return false;
  for (const json::value& entry : flags->get_array())
    if (entry.is_string() && std::string_view(entry.get_string()) == flag) return true;
  return false;
}

}  // namespace

struct Mailroom::Impl : std::enable_shared_from_this<Impl> {
  // What waits for one channel. Mails are taken one after the other, so that a cursor never passes
  // a mail that is not stored.
  struct Lane {
    std::deque<Frame> waiting;
    bool busy = false;
    std::map<std::string, std::int64_t> refused_from;  // folder to the first UID to come again
  };

  Impl(asio::any_io_executor executor_in, NodeCommand command_in, MailroomEvents& events_in)
      : executor(executor_in), command(std::move(command_in)), events(events_in) {}

  asio::any_io_executor executor;
  NodeCommand command;
  MailroomEvents& events;
  std::shared_ptr<NodeProcess> process;
  std::map<std::string, Lane> lanes;
  bool stopping = false;
  bool sending = false;  // send_channels is under way
  bool changed = false;  // and has to begin again

  static Task<void> supervise(std::shared_ptr<Impl> self) {
    milliseconds pause{200};
    while (!self->stopping) {
      const auto started = std::chrono::steady_clock::now();
      try {
        co_await run_process(self);
      } catch (const std::exception& error) {
        log(LogLevel::Error, "mailroom failed", {{"reason", error.what()}});
      }
      if (self->stopping) co_return;
      const bool short_lived =
          std::chrono::steady_clock::now() - started < std::chrono::seconds(30);
      pause = short_lived ? std::min(pause * 2, milliseconds(30'000)) : milliseconds(200);
      log(LogLevel::Warn, "mailroom ended", {{"restartMs", pause.count()}});
      co_await sleep_for(pause);
    }
  }

  static Task<void> run_process(std::shared_ptr<Impl> self) {
    const auto process = NodeProcess::start(self->executor, self->command);
    self->process = process;
    self->lanes.clear();
    for (;;) {
      std::optional<Frame> frame = co_await process->receive();
      if (!frame) break;
      const std::string type = frame->type();
      if (type == "ready") {
        asio::co_spawn(self->executor, send_channels(self), asio::detached);
      } else if (type == "mail" || type == "cursor" || type == "state" || type == "swept") {
        const std::string channel = string_or(frame->header, "channelId");
        Lane& lane = self->lanes[channel];
        lane.waiting.push_back(std::move(*frame));
        if (!lane.busy) {
          lane.busy = true;
          asio::co_spawn(self->executor, work_off(self, process, channel), asio::detached);
        }
      }
    }
    process->kill();
    co_await process->wait();
    self->process.reset();
  }

  // Tells the process the whole wanted state. One at a time: what is read last is sent last.
  static Task<void> send_channels(std::shared_ptr<Impl> self) {
    if (self->sending) {
      self->changed = true;
      co_return;
    }
    self->sending = true;
    try {
      do {
        self->changed = false;
        json::array channels = co_await self->events.wanted_channels();
        Frame frame;
        frame.header = {{"type", "channels"}, {"channels", std::move(channels)}};
        if (self->process && !self->changed) self->process->send(frame);
      } while (self->changed);
    } catch (const std::exception& error) {
      // The process is started anew, and asks again.
      log(LogLevel::Error, "mailroom not told its channels", {{"reason", error.what()}});
      if (self->process) self->process->kill();
    }
    self->sending = false;
  }

  static Task<void> work_off(std::shared_ptr<Impl> self, std::shared_ptr<NodeProcess> process,
                             std::string channel) {
    while (self->process == process && !self->lanes[channel].waiting.empty()) {
      Frame frame = std::move(self->lanes[channel].waiting.front());
      self->lanes[channel].waiting.pop_front();
      co_await take(self, process, channel, std::move(frame));
    }
    if (self->process == process) self->lanes[channel].busy = false;
  }

  static Task<void> take(std::shared_ptr<Impl> self, std::shared_ptr<NodeProcess> process,
                         std::string channel, Frame frame) {
    const json::object& header = frame.header;
    const std::string type = frame.type(), folder = string_or(header, "folder");
    const ChannelId id{channel};
    const std::int64_t uid = whole_number(header, "uid"), seq = whole_number(header, "seq");
    std::string trouble;
    try {
      if (type == "state") {
        std::string state = string_or(header, "state"), detail = string_or(header, "detail");
        co_await self->events.state_changed(id, std::move(state), std::move(detail));
        co_return;
      }
      if (type == "swept") {
        const auto at = from_iso8601(string_or(header, "at"));
        co_await self->events.folder_swept(id, folder, at.value_or(SystemClock().now()));
        co_return;
      }
      std::map<std::string, std::int64_t>& refused = self->lanes[channel].refused_from;
      const auto blocked = refused.find(folder);
      if (blocked != refused.end() && uid > blocked->second) {
        trouble = "an earlier mail of this folder has to be stored first";
      } else if (type == "mail") {
        FetchedMail mail{id,
                         folder,
                         string_or(header, "uidValidity"),
                         uid,
                         has_flag(header, "\\Seen"),
                         std::move(frame.body)};
        co_await self->events.mail_fetched(std::move(mail));
      } else {
        MailCursor cursor{folder, string_or(header, "uidValidity"), uid};
        co_await self->events.cursor_moved(id, std::move(cursor));
      }
    } catch (const std::exception& error) {
      trouble = error.what();
      // The lanes are those of another process by now, which fetches the mail again by itself.
      if (self->process != process) co_return;
      if (type == "mail" || type == "cursor")
        self->lanes[channel].refused_from.emplace(folder, uid);
      log(LogLevel::Warn, "mail not stored",
          {{"channelId", channel}, {"folder", folder}, {"uid", uid}, {"reason", trouble}});
    }
    if (type != "mail" && type != "cursor") co_return;
    if (self->process != process) co_return;
    Frame answer;
    answer.header = {{"channelId", channel}, {"seq", seq}};
    if (trouble.empty()) {
      self->lanes[channel].refused_from.erase(folder);
      answer.header["type"] = "stored";
    } else {
      answer.header["type"] = "refused";
      answer.header["retryAfterMs"] = kResendAfterMs;
      answer.header["reason"] = trouble;
    }
    process->send(answer);
  }
};

Mailroom::Mailroom(asio::any_io_executor executor, NodeCommand command, MailroomEvents& events)
    : impl_(std::make_shared<Impl>(executor, std::move(command), events)) {}

Mailroom::~Mailroom() { stop(); }

void Mailroom::start() { asio::co_spawn(impl_->executor, Impl::supervise(impl_), asio::detached); }

void Mailroom::stop() {
  impl_->stopping = true;
  if (impl_->process) impl_->process->kill();
}

void Mailroom::refresh() {
  asio::co_spawn(impl_->executor, Impl::send_channels(impl_), asio::detached);
}

int Mailroom::pid() const { return impl_->process ? impl_->process->pid() : 0; }

}  // namespace msghub
