// The thread behind SocketServer: one epoll loop over the listener, the clients and the mailbox. It sleeps
// without a timeout unless a subscription has more to read from the store. Private to core/fanout.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "core/fanout/connection.h"
#include "core/fanout/mailbox.h"
#include "core/fanout/socket_server.h"

namespace bus::fanout {

struct Reply::Target {
  std::shared_ptr<Mailbox> mailbox;
  std::uint64_t number = 0;
  std::int64_t id = 0;
  std::size_t bytes = 0;
  std::atomic<bool> answered{false};
};

class ServerLoop {
 public:
  ServerLoop(SocketOptions options, Hub& hub, store::Store& store, const Clock& clock,
             metrics::Registry& metrics);
  ~ServerLoop();

  void add(std::string op, Operation operation) { operations_.emplace(std::move(op), std::move(operation)); }
  void on_left(Left left) { left_ = std::move(left); }
  Status start();
  void close_entrance() { mailbox_->leave_close_entrance(); }
  void stop();

 private:
  void run();
  void turn(int timeout_ms);
  bool take_mail();
  bool drained() const;

  void accept_all();
  void greet_refused(UniqueFd client);
  void on_event(std::uint64_t number, std::uint32_t events);
  void read_from(Connection& connection);
  void feed(Connection& connection, std::string_view bytes);
  void handle(Connection& connection, std::string_view frame);
  void dispatch(Connection& connection, const wire::Request& request);
  void flush(Connection& connection);
  void flush_dirty();
  void watch(Connection& connection);
  void drop(std::uint64_t number);
  void touch(Connection& connection);
  Connection* find(std::uint64_t number);

  // subscriptions.cpp
  void subscribe(Connection& connection, const wire::Request& request);
  Result<std::shared_ptr<Subscription>> open(Connection& connection, const wire::Request& request);
  Result<std::uint64_t> start_of(const wire::Request& request);
  void unsubscribe(Connection& connection, const wire::Request& request);
  void ack(Connection& connection, const wire::Request& request);
  void queue_pump(std::uint64_t number, const std::shared_ptr<Subscription>& subscription);
  void pump_queued();
  // Puts the next events into the connection's output. True: there is more, and room for it.
  bool pump(Connection& connection, Subscription& subscription);
  void end_subscriptions(const Error& why);

  // protocol1_clients.cpp
  void subscribe_protocol1(Connection& connection, json::Node request);
  Result<std::shared_ptr<Subscription>> open_protocol1(Connection& connection,
                                                       wire::protocol1::Subscribe wanted);
  void write_protocol1(Connection& connection, const Subscription& subscription, const store::Record& record);
  // Milliseconds until the next heartbeat is due; -1 while nobody speaks protocol 1.
  int heartbeat_in() const;
  void beat();

  const SocketOptions options_;
  Hub& hub_;
  store::Store& store_;
  const Clock& clock_;
  std::map<std::string, Operation, std::less<>> operations_;
  Left left_;
  metrics::Counter requests_, refused_, strangers_, turned_away_;
  metrics::Gauge clients_;

  std::shared_ptr<Mailbox> mailbox_;
  UniqueFd epoll_;
  UniqueFd listener_;
  std::uint64_t next_number_ = 2;  // 0: the listener, 1: the mailbox
  std::unordered_map<std::uint64_t, std::unique_ptr<Connection>> connections_;
  std::vector<std::uint64_t> dirty_;
  std::vector<Ready> pumping_;
  json::Document document_;
  std::size_t protocol1_clients_ = 0;
  Mono next_beat_{};
  const Mono started_;
  bool entrance_open_ = true;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace bus::fanout
