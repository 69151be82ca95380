// What every page needs.
import "./settings.js";
import "./countdown.js";
import "./keys.js";
import "./copy.js";
import "./live.js";
