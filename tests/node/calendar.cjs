// Reads calendar files with ical.js.
// In: a list of texts. Out: per text, per event: its facts, and the instants of its next occurrences.
"use strict";

const { readFileSync } = require("node:fs");
const ICAL = require("ical.js");

function occurrences(event) {
  if (!event.isRecurring()) return [event.startDate.toJSDate().toISOString()];
  const found = [];
  const iterator = event.iterator();
  for (let next = iterator.next(); next && found.length < 20; next = iterator.next()) {
    found.push(event.getOccurrenceDetails(next).startDate.toJSDate().toISOString());
  }
  return found;
}

function facts(text) {
  const calendar = new ICAL.Component(ICAL.parse(text));
  for (const zone of calendar.getAllSubcomponents("vtimezone")) {
    ICAL.TimezoneService.register(new ICAL.Timezone(zone), zone.getFirstPropertyValue("tzid"));
  }
  const components = calendar.getAllSubcomponents("vevent");
  const single = components.filter((one) => !one.hasProperty("recurrence-id"));
  const found = (single.length ? single : components).map((component) => {
    const event = new ICAL.Event(component, {
      exceptions: single.length ? components.filter((one) => one.hasProperty("recurrence-id")) : [],
    });
    return {
      uid: event.uid,
      summary: event.summary,
      language: component.getFirstProperty("summary").getParameter("language"),
      description: event.description,
      location: event.location,
      sequence: event.sequence,
      status: component.getFirstPropertyValue("status"),
      allDay: event.startDate.isDate,
      end: event.endDate.toString(),
      organizer: event.organizer,
      attendees: event.attendees.map((one) => [one.getFirstValue(), one.getParameter("partstat")]),
      alarms: component.getAllSubcomponents("valarm").length,
      occurrences: occurrences(event),
    };
  });
  const method = calendar.getFirstPropertyValue("method");
  ICAL.TimezoneService.reset();
  return { method, events: found };
}

process.env.TZ = "UTC";
console.log(JSON.stringify(JSON.parse(readFileSync(0, "utf8")).map(facts)));
