// Lets the book's quizzes count. In the page each option is a <details> that unfolds its explanation, and without this
// script it stays that. The script notes which option of a question was opened first, marks what was opened, says the
// score, and keeps the answers in this browser; nothing leaves the page. Only a reader's click or key press is an
// answer: the browser's own unfolding, for a search or for print, is not.
(() => {
  "use strict";

  const page = `eos-quiz ${location.pathname}`;

  function recall() {
    try {
      const kept = JSON.parse(localStorage.getItem(page));
      return kept && typeof kept === "object" && !Array.isArray(kept) ? kept : {};
    } catch {
      return {};                                      // blocked, or not ours
    }
  }

  function keep(answers) {
    try {
      if (Object.keys(answers).length) localStorage.setItem(page, JSON.stringify(answers));
      else localStorage.removeItem(page);
    } catch { /* blocked or full: the answers last until the page is left */ }
  }

  /** A short name for a question: when its words or its options change, old answers no longer fit. */
  function nameOf(elements) {
    const words = elements.map((element) => {
      const copy = element.cloneNode(true);
      copy.querySelectorAll(".math, mjx-container").forEach((formula) => formula.remove());   // typeset sooner or later
      return copy.textContent.trim();
    });
    return [...words.join("|")].reduce((hash, letter) => (Math.imul(hash, 31) + letter.codePointAt(0)) | 0, 7).toString(36);
  }

  /** The questions of a quiz: each run of options, with the paragraph before it. */
  function questionsOf(quiz) {
    const questions = [];
    for (const option of quiz.querySelectorAll(":scope > details.eos-option")) {
      const last = questions.at(-1);
      if (last && last.options.at(-1).nextElementSibling === option) last.options.push(option);
      else questions.push({ text: option.previousElementSibling, options: [option] });
    }
    return questions;
  }

  function element(tag, attributes, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    made.append(...children);
    return made;
  }

  const answers = recall();
  let ids = 0;

  class Question {
    constructor({ text, options }, number) {
      this.number = number;
      this.name = nameOf([...(text ? [text] : []), ...options.map((option) => option.querySelector("summary"))]);
      this.options = options.map((option) => ({ option, right: option.classList.contains("eos-right"), mark: element("span", { class: "eos-mark" }) }));
      const group = element("div", { class: "eos-choices", role: "group" });
      if (text) group.setAttribute("aria-labelledby", (text.id ||= `eos-question-${++ids}`));
      options[0].before(group);
      group.append(...options);
      for (const { option, mark } of this.options) {
        const summary = option.querySelector("summary");
        summary.replaceChildren(element("span", {}, ...summary.childNodes), mark);
      }
    }

    /** Indices of the options in the order in which they were opened. */
    get opened() {
      const kept = answers[this.name];
      return Array.isArray(kept) ? kept.filter((i) => this.options[i]) : [];
    }

    get rightAtFirst() { return this.opened.length > 0 && this.options[this.opened[0]].right; }

    show() {
      const { opened } = this;
      this.options.forEach(({ right, mark, option }, i) => {
        const first = opened[0] === i ? (right ? " at first try" : ", your first try") : "";
        mark.textContent = opened.includes(i) ? `${right ? "✓ right" : "✗ not this"}${first}` : "";
        option.classList.toggle("eos-wrong", !right && opened.includes(i));
      });
    }
  }

  function startQuiz(quiz) {
    const questions = questionsOf(quiz).map((found, i) => new Question(found, i + 1));
    if (!questions.length) return;
    const status = element("p", { role: "status" }), again = element("button", { type: "button" }, "Start over");
    quiz.append(element("div", { class: "eos-score" }, status, again));

    const show = (news = "") => {
      const answered = questions.filter((question) => question.opened.length), right = answered.filter((question) => question.rightAtFirst).length;
      const left = questions.length - answered.length, count = (n) => `${n} question${n === 1 ? "" : "s"}`;
      const score = `${right} of ${answered.length} right at first try${left ? `, ${count(left)} to go` : ""}.`;
      status.textContent = answered.length ? `${news}${score}` : `${count(questions.length)}. Your answers stay in this browser.`;
      again.hidden = !answered.length;
      for (const question of questions) question.show();
    };

    for (const question of questions) question.options.forEach(({ option, right }, i) => {
      if (question.opened.includes(i)) option.open = true;
      option.querySelector("summary").addEventListener("click", () => {
        if (option.open || question.opened.includes(i)) return;
        answers[question.name] = [...question.opened, i];
        keep(answers);
        show(`Question ${question.number}: ${right ? "right" : "not this"}. `);
      });
    });
    again.addEventListener("click", () => {
      for (const question of questions) {
        delete answers[question.name];
        for (const { option } of question.options) option.open = false;
      }
      keep(answers);
      show();
      questions[0].options[0].option.querySelector("summary").focus();
    });
    show();
  }

  document.querySelectorAll(".eos-quiz").forEach(startQuiz);
})();
