package demo

// The teams of the demo, in the order in which they are made.
const (
	development = iota
	business
)

// job is what an agent is asked to do.
type job struct {
	agent string
	team  int
	names []string
}

// jobs are some for each of the agents that work on tasks.
func jobs() []job {
	return []job{
		{"CoordinatorAgent", development, []string{"課題をタスクに分解する", "依存関係を整理する", "Split the release into tasks"}},
		{"CodeGenAgent", development, []string{"ログイン画面を実装する", "タスク一覧のページ送りを作る", "Add cursor pagination to the API", "監査ログの検索を追加する"}},
		{"ReviewAgent", development, []string{"プルリクエストをレビューする", "型と静的解析の警告を直す", "Review the row level security policies"}},
		{"IssueAgent", development, []string{"新しい課題にラベルを付ける", "重複した課題を探す", "Triage the new issues"}},
		{"PRAgent", development, []string{"変更をまとめて下書きを作る", "Draft the pull request for the dashboard"}},
		{"DeploymentAgent", development, []string{"ステージングへ配備する", "配備後の健全性を確かめる", "Deploy to staging"}},
		{"HooksIntegration", development, []string{"イベントの受け口を点検する", "Check the webhook deliveries"}},
		{"AIEntrepreneurAgent", business, []string{"事業計画の骨子を作る", "資金計画を見直す"}},
		{"SelfAnalysisAgent", business, []string{"強みと弱みを洗い出す", "経験を棚卸しする"}},
		{"MarketResearchAgent", business, []string{"競合二十社を調べる", "市場規模を見積もる", "Compare the prices of competitors"}},
		{"PersonaAgent", business, []string{"想定顧客像を三つ描く", "顧客の一日を書き出す"}},
		{"ProductConceptAgent", business, []string{"製品の核となる価値を決める", "収益の仕組みを考える"}},
		{"ProductDesignAgent", business, []string{"最初の版の機能を選ぶ", "画面の流れを設計する"}},
		{"ContentCreationAgent", business, []string{"紹介記事の下書きを書く", "動画の台本を作る"}},
		{"FunnelDesignAgent", business, []string{"申し込みまでの導線を設計する", "離脱の多い頁を見つける"}},
		{"SNSStrategyAgent", business, []string{"一週間分の投稿を計画する", "反応の良い時間帯を調べる"}},
		{"MarketingAgent", business, []string{"広告の文面を三案作る", "検索からの流入を増やす"}},
		{"SalesAgent", business, []string{"提案書をまとめる", "商談の進め方を整える"}},
		{"CRMAgent", business, []string{"問い合わせに返信する", "解約の理由をまとめる"}},
		{"AnalyticsAgent", business, []string{"先週の数字をまとめる", "Measure the effect of the new page"}},
		{"YouTubeAgent", business, []string{"次の動画の企画を立てる", "サムネイルの案を比べる"}},
	}
}
