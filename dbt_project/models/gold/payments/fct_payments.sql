with

charges as (

    select * from {{ ref('stg_payments__charges') }}

),

payment_intents as (

    select * from {{ ref('stg_payments__payment_intents') }}

),

invoice_payments as (

    select * from {{ ref('stg_payments__invoice_payments') }}

),

balance_transactions as (

    select * from {{ ref('stg_payments__balance_transactions') }}

),

disputes as (

    select * from {{ ref('stg_payments__disputes') }}

),

-- One intent can be tried for several invoices: the one it paid counts, else the first.
ranked_invoice_payments as (

    select
        invoice_id,
        coalesce(payment_intent_id, charge_id) as payer_id,
        row_number() over (
            partition by coalesce(payment_intent_id, charge_id)
            order by
                case when status = 'paid' then 0 else 1 end,
                created_at,
                invoice_payment_id
        ) as payer_rank
    from invoice_payments
    where coalesce(status, 'open') != 'canceled'

),

invoices_by_payer as (

    select
        payer_id,
        invoice_id
    from ranked_invoice_payments
    where payer_rank = 1

),

disputes_by_charge as (

    select
        charge_id,
        currency,
        cast(sum(amount) as bigint) as amount_disputed
    from disputes
    group by charge_id, currency

),

joined as (

    select
        -- ids
        charges.charge_id,
        charges.payment_intent_id,
        coalesce(
            charges.invoice_id,
            payment_intents.invoice_id,
            invoices_by_payer.invoice_id
        ) as invoice_id,
        charges.customer_id,
        charges.balance_transaction_id,

        -- strings
        charges.currency,
        balance_transactions.currency as settlement_currency,
        charges.status,
        charges.failure_code,
        charges.payment_method_type,
        charges.card_brand,
        charges.card_country,

        -- numerics
        charges.amount,
        case
            when charges.status = 'succeeded' and coalesce(charges.is_captured, true)
                then coalesce(charges.amount_captured, charges.amount)
            else 0
        end as amount_captured,
        charges.amount_refunded,
        coalesce(disputes_by_charge.amount_disputed, 0) as amount_disputed,
        balance_transactions.fee,
        balance_transactions.net,

        -- booleans
        coalesce(
            charges.status = 'succeeded' and coalesce(charges.is_captured, true),
            false
        ) as is_successful,
        coalesce(charges.is_disputed, false)
        or disputes_by_charge.charge_id is not null as is_disputed,

        -- dates
        cast(charges.created_at as date) as created_date,

        -- timestamps
        charges.created_at

    from charges
    left join payment_intents
        on charges.payment_intent_id = payment_intents.payment_intent_id
    left join invoices_by_payer
        on coalesce(charges.payment_intent_id, charges.charge_id) = invoices_by_payer.payer_id
    left join balance_transactions
        on charges.balance_transaction_id = balance_transactions.balance_transaction_id
    left join disputes_by_charge
        on
            charges.charge_id = disputes_by_charge.charge_id
            and charges.currency = disputes_by_charge.currency

)

select * from joined
