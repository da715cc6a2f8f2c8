"""Telling somebody who is not looking: the outbox on the disk first, then the webhook.

What others call stands in `reporting.py`; nothing there ever raises, whatever the disk, the network
or the configuration do:

- `report_night(settings, status, ...)`: what became of tonight, from what the night recorded.
- `report_failure(settings, run_id=..., job=..., sentence=..., error=...)`: any run that ended with
  an exception. Its trace goes to `logs/signal_engine.log`, the sentence into one alert. A run that
  has told of its own failure is not told of again, so whoever sees a failed run may call this.
- `report_run(settings, run_id=..., night=..., alerts=[...])`: alerts of somebody else's making
  (`Alert` in `alert.py`); without any, what could not be delivered before is tried again.

Three promises. **Outbox first**: an alert is a line of `logs/alerts/alerts_YYYYMMDD.jsonl`, on the
disk, before anything is sent. **One digest a run**: everything that is not delivered goes out in
one message, oldest first; beyond a week it stays in the outbox and is no longer sent. **Once**: the
same problem of the same night (check, source, subject, sentence) is told once, however many
attempts the night takes, and again only after the night had recovered; without a night the same
holds for the day.

Exactly once also over a broken line: what `deliveries_YYYYMMDD.jsonl` says of each sending decides.
A refused digest is sent anew, merged with what came since. One that may have arrived (time-out
after sending, connection cut, 502, 504, process killed) is not repeated in the same run; the next
run repeats it as it was. A receiver of generic JSON knows it by its `Idempotency-Key`. Slack has no
such key: there it is repeated once, marked as a repetition, because two messages are better than
none, and then left alone.
"""
