//! The one table of diagnostic codes. A code is never reused; a retired one stays listed.

/// What a code stands for.
#[derive(Clone, Copy, Debug)]
pub struct CodeInfo {
    /// The stable code, `HL` and four digits.
    pub id: &'static str,
    /// What went wrong, in a few words.
    pub title: &'static str,
}

macro_rules! codes {
    ($($(#[doc = $doc:literal])* $name:ident = $id:literal, $title:literal;)*) => {
        /// A stable diagnostic code. By hundreds of thousands: 1 text and syntax, 2 names and types, 3 running,
        /// 4 files and the mirror, 5 usage and configuration, 6 the sync, 9 a fault of huntline itself.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Code { $($(#[doc = $doc])* #[doc = $title] $name,)* }

        /// All codes, in order.
        pub const CODES: &[Code] = &[$(Code::$name,)*];

        impl Code {
            /// The code's text and title.
            pub const fn info(self) -> CodeInfo {
                match self { $(Code::$name => CodeInfo { id: $id, title: $title },)* }
            }
        }
    };
}

codes! {
    UnexpectedCharacter = "HL1001", "a character that KQL does not use";
    UnclosedString = "HL1002", "a string literal is not closed";
    SmartQuote = "HL1003", "a typographic quote where a plain one belongs";
    BadLiteral = "HL1004", "a literal that cannot be read";
    BadEscape = "HL1005", "an unknown escape in a string literal";
    UnclosedBracket = "HL1006", "a bracket is not closed";
    UnexpectedBracket = "HL1007", "a closing bracket without its opening one";
    UnexpectedToken = "HL1010", "something else was expected here";
    UnknownOperator = "HL1011", "no query operator of that name";
    MissingPipe = "HL1012", "a pipe is missing before an operator";
    MissingExpression = "HL1013", "an expression is missing";
    MissingName = "HL1014", "a name is missing";
    EmptyQuery = "HL1015", "there is no query in the text";
    TooDeep = "HL1016", "nested too deeply";
    TooLong = "HL1017", "the text is too long";
    ControlCommand = "HL1018", "a management command, not a query";
    BadParameter = "HL1019", "an operator parameter that is not known there";
    SeveralQueries = "HL1020", "the text holds several queries";

    UnknownTable = "HL2001", "no table of that name";
    UnknownColumn = "HL2002", "no column of that name here";
    UnknownFunction = "HL2003", "no function of that name";
    UnknownName = "HL2004", "nothing of that name is known here";
    DuplicateColumn = "HL2005", "the same column name twice";
    DuplicateName = "HL2006", "the same name is declared twice";
    AmbiguousColumn = "HL2007", "the column could be either side's";
    NotTabular = "HL2010", "a table is needed here";
    NotScalar = "HL2011", "a single value is needed here";
    NotConstant = "HL2012", "a constant is needed here";
    WrongType = "HL2020", "the type does not fit";
    NotComparable = "HL2021", "these types cannot be compared";
    WrongArgumentCount = "HL2022", "too few or too many arguments";
    UnknownArgument = "HL2023", "no parameter of that name";
    WrongValue = "HL2024", "a value that is not allowed there";
    AggregateOutsideSummarize = "HL2030", "an aggregation function outside of summarize";
    NotAggregate = "HL2031", "an aggregation is needed here";
    WindowNeedsOrder = "HL2032", "a window function over rows without order";
    JoinKeyMissing = "HL2033", "the join column is missing on one side";
    NoResult = "HL2034", "the query declares names but asks for nothing";
    AccessOnScalar = "HL2035", "a member is read from something that has none";
    Recursion = "HL2036", "a function that calls itself";
    NotBuiltYet = "HL2090", "valid KQL that is not built yet";
    NeverSupported = "HL2091", "valid KQL that cannot run offline";
    Deprecated = "HL2092", "an old spelling";
    IgnoredHint = "HL2093", "a hint without effect here";
    NothingToAsk = "HL2094", "nothing here can answer, so the answer is null";

    ExecutionFailed = "HL3001", "the query failed while it ran";
    OutOfRange = "HL3002", "a value is out of range";
    MemoryLimit = "HL3003", "the memory limit was reached";
    TimeLimit = "HL3004", "the time limit was reached";

    CannotRead = "HL4001", "a file cannot be read";
    CannotWrite = "HL4002", "a file cannot be written";
    UnknownFormat = "HL4003", "the format of a file cannot be told";
    UnknownTableForFile = "HL4004", "the table that a file belongs to cannot be told";
    BadRow = "HL4005", "a row that cannot be read";
    StoreDamaged = "HL4006", "the mirror has a damaged file";
    StoreLocked = "HL4007", "another process is writing to the mirror";
    NotAllowed = "HL4008", "a query may not read from there";
    FetchFailed = "HL4009", "a file cannot be fetched from the network";
    EarlierCopy = "HL4010", "an earlier copy of a file was read";
    OddContents = "HL4011", "the contents of a file are not what was asked for";
    NoVersion = "HL4012", "the mirror does not have that version";

    Usage = "HL5001", "the command line does not fit";
    BadConfig = "HL5002", "the configuration cannot be used";

    SyncLocked = "HL6001", "another sync of the same sides is running";
    LedgerMismatch = "HL6002", "the ledger belongs to other sides";
    LedgerNewer = "HL6003", "a newer huntline wrote the ledger";
    LedgerOlder = "HL6004", "the ledger has to be brought up to date first";
    LedgerDamaged = "HL6005", "the ledger is damaged";
    LedgerFailed = "HL6006", "the ledger cannot be used";
    LedgerBusy = "HL6007", "another process is busy with the ledger";
    NoLedger = "HL6008", "there is no ledger";
    NotALedger = "HL6009", "the file is no ledger";
    NotInLedger = "HL6010", "the ledger has nothing of that name";
    AlreadyPaired = "HL6011", "the incident is already paired";
    QuestionChanged = "HL6012", "the question is no longer the one that is answered";
    RuleUnverified = "HL6020", "the rule was not verified as it is now";
    RuleFailed = "HL6021", "a rule cannot be used";
    ServiceFailed = "HL6022", "a service did not answer as it should";
    NotHeld = "HL6023", "nothing of that kind waits for an answer";
    NotLoopback = "HL6024", "only addresses of this machine are allowed here";

    RuleSyntax = "HL6101", "the rule cannot be read";
    RuleTooLarge = "HL6102", "the rule is larger than rules may be";
    NotInRules = "HL6103", "something that rules do not have";
    RuleEntryMissing = "HL6104", "the rule lacks the function that decides";
    RuleEntryName = "HL6105", "a function that is nearly one that huntline calls";
    RuleParameters = "HL6106", "a function that huntline calls takes one parameter";
    OutsideFunctions = "HL6107", "a statement that is never run";
    UnknownFact = "HL6110", "no fact of that name";
    UnknownRuleFunction = "HL6111", "no function of that name in rules";
    RuleArguments = "HL6112", "too few or too many arguments in a rule";
    RuleArgumentKind = "HL6113", "an argument of the wrong kind in a rule";
    ImpossibleValue = "HL6114", "a value that the fact never has";
    DifferentKinds = "HL6115", "a comparison of different kinds";
    IllegalRuleValue = "HL6116", "a value that the field does not take";
    ReasonMissing = "HL6117", "a decision that must say why";
    UnknownVariable = "HL6118", "no variable of that name in the rule";
    NoDecision = "HL6120", "a way that ends without a decision";
    NotADecision = "HL6121", "something is returned that is no decision";
    NoAnswerHere = "HL6122", "a decision that is no answer here";
    Unreachable = "HL6123", "something that is never reached";
    ConstantCondition = "HL6124", "a condition that is always the same";
    RepeatedCondition = "HL6125", "the same condition twice";
    EndlessLoop = "HL6126", "a loop without an end";
    UnusedVariable = "HL6130", "a variable that is never used";
    UnusedFunction = "HL6131", "a function that is never called";
    FactAssigned = "HL6132", "a fact is assigned to";

    Bug = "HL9001", "a fault in huntline";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_sorted() {
        let ids: Vec<&str> = CODES.iter().map(|c| c.info().id).collect();
        assert!(ids.windows(2).all(|w| w[0] < w[1]), "codes must be unique and in order");
    }
}
