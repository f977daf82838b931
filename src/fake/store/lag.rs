//! What Defender does reaches Sentinel later, and lists show less than single reads do. Both delays are set by the test.

use super::super::wire::Object;
use super::{Core, SECOND, image};
use serde_json::{Value as Json, json};

/// The delays, in ticks of the fake's clock.
#[derive(Clone, Debug, Default)]
pub(in crate::fake) struct Lag {
    /// From Defender to Sentinel: new incidents, alerts, merges, and with `mirror` also fields.
    pub sentinel: i64,
    /// Lists behind single reads.
    pub list: i64,
    /// Field changes in Defender overwrite Sentinel's, as the built-in connector would.
    pub mirror: bool,
}

/// Something on its way to Sentinel.
#[derive(Clone, Debug)]
pub(super) struct Pending {
    due: i64,
    what: What,
}

/// What is on its way.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum What {
    /// A new incident.
    Twin(String),
    /// Its alerts changed.
    Alerts(String),
    /// It was merged into another.
    Merged(String, String),
    /// Its fields changed.
    Fields(String),
}

impl Core {
    /// Sets the delays: `{"sentinel_seconds","list_seconds","mirror"}`, each optional.
    pub(in crate::fake) fn set_lag(&mut self, body: &Object) -> Result<(), String> {
        for (name, value) in body {
            let ticks = || {
                let seconds = value.as_f64().filter(|s| (0.0..=1e6).contains(s));
                seconds.map(|s| (s * SECOND as f64) as i64).ok_or_else(|| format!("`{name}` is no number of seconds"))
            };
            match name.as_str() {
                "sentinel_seconds" => self.lag.sentinel = ticks()?,
                "list_seconds" => self.lag.list = ticks()?,
                "mirror" => self.lag.mirror = value.as_bool().ok_or("`mirror` is true or false")?,
                other => return Err(format!("unknown property `{other}`")),
            }
        }
        if self.lag.list > 0 {
            self.defender.values_mut().for_each(|d| d.remember());
            self.sentinel.values_mut().for_each(|s| s.remember());
        }
        Ok(())
    }

    /// Sends something on its way; without a delay it arrives at once.
    pub(super) fn later(&mut self, what: What) {
        let due = self.clock.now().saturating_add(self.lag.sentinel);
        // One refresh at the end of the delay is enough for any number of changes before it.
        if !self.pending.iter().any(|p| p.what == what) {
            self.pending.push(Pending { due, what });
        }
        if self.lag.sentinel == 0 {
            self.settle();
        }
    }

    /// A new Defender incident is on its way.
    pub(in crate::fake) fn announce(&mut self, id: &str) {
        self.later(What::Twin(id.to_owned()));
    }

    /// A Defender incident's alerts are on their way.
    pub(in crate::fake) fn carry_alerts(&mut self, id: &str) {
        self.later(What::Alerts(id.to_owned()));
    }

    /// Lets everything arrive that is due.
    pub(in crate::fake) fn settle(&mut self) {
        let now = self.clock.now();
        while let Some(at) = self.pending.iter().position(|p| p.due <= now) {
            let Pending { what, .. } = self.pending.remove(at);
            match what {
                What::Twin(id) => drop(self.make_twin(&id)),
                What::Alerts(id) => self.arrive_alerts(&id),
                What::Merged(from, into) => self.arrive_merge(&from, &into),
                What::Fields(id) => self.arrive_fields(&id),
            }
        }
    }

    fn arrive_alerts(&mut self, id: &str) {
        let Some(alerts) = self.defender.get(id).map(|d| d.alert_ids.clone()) else { return };
        for name in self.twins(id).collect::<Vec<_>>() {
            let Some(twin) = self.sentinel.get_mut(&name).filter(|t| t.alert_ids != alerts) else { continue };
            twin.alert_ids = alerts.clone();
            self.touch_sentinel(&name, "Microsoft Defender XDR");
        }
    }

    fn arrive_fields(&mut self, id: &str) {
        let Some(incident) = self.defender.get(id) else { return };
        let fresh = image(self, incident);
        for name in self.twins(id).collect::<Vec<_>>() {
            let Some(twin) = self.sentinel.get_mut(&name) else { continue };
            let before = twin.props.clone();
            twin.props.extend(fresh.clone());
            if twin.props != before {
                self.touch_sentinel(&name, "Microsoft Defender XDR");
            }
        }
    }

    /// The delays as set.
    pub(in crate::fake) fn lag_json(&self) -> Json {
        let seconds = |ticks: i64| ticks as f64 / SECOND as f64;
        json!({"sentinel_seconds": seconds(self.lag.sentinel), "list_seconds": seconds(self.lag.list),
            "mirror": self.lag.mirror, "pending": self.pending.len()})
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::pair;
    use super::*;

    fn set(core: &mut Core, body: Json) {
        core.set_lag(body.as_object().expect("an object")).expect("a lag");
    }

    #[test]
    fn a_new_incident_reaches_sentinel_after_the_delay() {
        let mut core = pair();
        set(&mut core, json!({"sentinel_seconds": 60}));
        core.add_defender(json!({"id": "40"}).as_object().expect("an object").clone()).expect("an incident");
        core.announce("40");
        core.settle();
        assert_eq!(core.twins("40").count(), 0);
        core.clock.advance(61 * SECOND);
        core.settle();
        assert_eq!(core.twins("40").count(), 1);
    }

    #[test]
    fn lists_lag_behind_reads() {
        let mut core = pair();
        set(&mut core, json!({"list_seconds": 30}));
        core.clock.advance(60 * SECOND);
        core.defender["29"].props.insert("severity".into(), "high".into());
        core.touch_defender("29", "x");
        let cutoff = core.clock.now() - core.lag.list;
        assert_eq!(core.defender["29"].as_of(cutoff).expect("a record")["severity"], "medium");
        core.clock.advance(31 * SECOND);
        assert_eq!(core.defender["29"].as_of(core.clock.now() - core.lag.list).expect("a record")["severity"], "high");
    }

    #[test]
    fn with_mirror_fields_follow() {
        let mut core = pair();
        set(&mut core, json!({"mirror": true}));
        core.defender["29"].props.insert("status".into(), "inProgress".into());
        core.touch_defender("29", "x");
        assert_eq!(core.sentinel["inc-29"].text("status"), "Active");
    }
}
