// Offers the browser's own time zone where the form is fresh. The server checks whatever comes back.
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone
for (const select of document.querySelectorAll('select[data-browser-zone]'))
  for (const option of select.options) if (option.value === zone) option.selected = true
